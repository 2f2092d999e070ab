"""ADWIN: a window over a stream that grows while its mean holds and drops its old end when it does not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

VERSION = 1
BUCKETS = 5  # of each size, as in the paper


class Adwin:
    """Watches the mean of one stream of values between 0 and 1, such as errors or shares.

    The window is cut where its older part of n0 values and its newer of n1 have means that differ by
    ε = √(2/m·σ²·ln(2/δ')) + 2/(3m)·ln(2/δ') or more, m = 1/(1/n0 + 1/n1), δ' = δ/ln n; then the oldest bucket goes,
    until no cut is left. Memory is 5·log2(n) buckets: size, sum and squared deviation of 2^i values each.
    Values outside `low`..`high` count as the nearer end, for the bound needs one; NaN is passed over.

    Source: Bifet, Gavaldà, Learning from time-changing data with adaptive windowing, SDM 2007, eq. 3.1 and ADWIN2,
    doi 10.1137/1.9781611972771.42.

    Args:
        delta: chance of a false change at one check (δ), between 0 and 1.
        clock: values between checks.
        least: values that each part of a cut has at least.
        low: smallest value, in units of the values.
        high: largest value, in units of the values.

    Raises:
        ValueError: a setting is out of range.

    Example:
        >>> detector = Adwin()
        >>> detector.update([0.0] * 200 + [1.0] * 56).tolist(), detector.width < 100
        ([223, 255], True)
    """

    def __init__(
        self, *, delta: float = 0.002, clock: int = 32, least: int = 5, low: float = 0.0, high: float = 1.0
    ) -> None:
        if not 0 < delta < 1 or clock < 1 or least < 1 or not -math.inf < low < high < math.inf:
            msg = (
                "adwin: expected 0 < delta < 1, clock >= 1, least >= 1 and finite low < high, got "
                f"{delta}, {clock}, {least}, {low}, {high}; the defaults are 0.002, 32, 5, 0 and 1"
            )
            raise ValueError(msg)
        self._delta, self._clock, self._least, self._low, self._high = delta, clock, least, low, high
        self.changes = 0
        self._seen = 0
        self._nearest = 0.0
        # By size, 2^i values each, oldest first: (sum, squared deviation from its mean), scaled to 0..1.
        self._levels: list[list[tuple[float, float]]] = [[]]

    @property
    def width(self) -> int:
        """Values in the window."""
        return sum(len(level) << i for i, level in enumerate(self._levels))

    @property
    def mean(self) -> float:
        """Mean of the window, in units of the values; NaN while it is empty."""
        width = self.width
        total = math.fsum(total for level in self._levels for total, _ in level)
        return self._low + (self._high - self._low) * total / width if width else math.nan

    @property
    def score(self) -> float:
        """How near the last check came to a change: difference of means over ε, 0..1."""
        return min(1.0, self._nearest)

    def update(self, values: ArrayLike) -> NDArray[np.int64]:
        """Take values in order, and return the positions in this batch at which a change was found.

        Cutting the stream into other batches gives the same changes.
        """
        column = np.asarray(values, np.float64)
        if column.ndim != 1:
            msg = f"values: expected (n,), got shape {column.shape}; give each stream a detector of its own"
            raise ValueError(msg)
        scaled = (np.clip(column, self._low, self._high) - self._low) / (self._high - self._low)
        found = []
        for position, value in enumerate(scaled.tolist()):
            if math.isnan(value):
                continue
            self._insert(value)
            self._seen += 1
            if self._seen % self._clock == 0 and self._shrink():
                found.append(position)
        return np.asarray(found, np.int64)

    def _insert(self, value: float) -> None:
        bucket = (value, 0.0)
        for i, level in enumerate(self._levels):
            level.append(bucket)
            if len(level) <= BUCKETS:
                return
            # The oldest two become one of the next size.
            (total_a, spread_a), (total_b, spread_b) = level[:2]
            del level[:2]
            gap = (total_a - total_b) / (1 << i)
            bucket = (total_a + total_b, spread_a + spread_b + gap * gap * (1 << i) / 2)
        self._levels.append([bucket])

    def _shrink(self) -> bool:
        """Drop oldest buckets while there is a cut; return whether there was one."""
        is_change = False
        self._nearest = self._largest_gap()
        nearest = self._nearest
        while nearest > 1:
            is_change = True
            self._levels[-1].pop(0)
            while not self._levels[-1]:
                self._levels.pop()
            nearest = self._largest_gap()
        self.changes += is_change
        return is_change

    def _largest_gap(self) -> float:
        """The largest difference of means over its ε, over all cuts between buckets; over 1 is a change."""
        sizes, totals, spreads = self._buckets()
        width, total = sizes.sum(), totals.sum()
        if width <= 2 * self._least:
            return 0.0
        variance = (spreads.sum() + (sizes * (totals / sizes - total / width) ** 2).sum()) / width
        older = np.cumsum(sizes)[:-1]
        newer = width - older
        sums = np.cumsum(totals)[:-1]
        per_m = 1 / older + 1 / newer
        log = math.log(2 * math.log(width) / self._delta)
        epsilon = np.sqrt(2 * per_m * variance * log) + 2 / 3 * per_m * log
        gaps = np.abs(sums / older - (total - sums) / newer) / epsilon
        return float(gaps[(older >= self._least) & (newer >= self._least)].max(initial=0.0))

    def _buckets(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Sizes, sums and squared deviations, oldest first."""
        rows = [
            (float(1 << i), total, spread)
            for i, level in reversed(list(enumerate(self._levels)))
            for total, spread in level
        ]
        sizes, totals, spreads = np.asarray(rows, np.float64).reshape(-1, 3).T
        return sizes, totals, spreads

    def snapshot(self) -> dict[str, Any]:
        """Return the state as builtins; settings come from the constructor again."""
        flat = [number for level in self._levels for bucket in level for number in bucket]
        return {
            "version": VERSION,
            "changes": self.changes,
            "seen": self._seen,
            "nearest": self._nearest,
            "levels": [len(level) for level in self._levels],
            "buckets": np.asarray(flat, "<f8").tobytes(),
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take the state of a snapshot.

        Raises:
            ValueError: it is of another format version.
        """
        if snapshot.get("version") != VERSION:
            msg = f"adwin: expected a snapshot of version {VERSION}, got {snapshot.get('version')!r}; start without it"
            raise ValueError(msg)
        self.changes, self._seen, self._nearest = snapshot["changes"], snapshot["seen"], snapshot["nearest"]
        flat = np.frombuffer(snapshot["buckets"], "<f8").tolist()
        buckets = zip(flat[::2], flat[1::2], strict=True)
        self._levels = [[next(buckets) for _ in range(length)] for length in snapshot["levels"]]

"""ADWIN: a window over a stream that grows while its mean holds and drops its old end when it does not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from state.drift.sequential.change import Change, Part, change_between

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

VERSION = 2
BUCKETS = 5  # of each size, as in the paper


class Adwin:
    """A detector of changes in the mean of one stream of values between 0 and 1, such as errors or shares.

    The window is cut where its older part of n0 values and its newer part of n1 have means that differ by
    ε = √(2/m·σ²·ln(2/δ')) + 2/(3m)·ln(2/δ') or more, m = 1/(1/n0 + 1/n1), δ' = δ/ln n; then the oldest bucket goes,
    until no cut is left. Memory is 5·log2(n) buckets: size, sum and squared deviation of 2^i values each.
    The bound holds for values in 0..1 only: others count as the nearer end. NaN is passed over.

    Source: Bifet, Gavaldà, Learning from time-changing data with adaptive windowing, SDM 2007, eq. 3.1 and ADWIN2,
    doi 10.1137/1.9781611972771.42.

    Args:
        delta: chance of a false change at one check (δ), between 0 and 1.
        clock: values between checks.
        least: fewest values in each part of a cut.

    Raises:
        ValueError: a setting is out of range.

    Example:
        >>> detector = Adwin()
        >>> [change.position for change in detector.update([0.0] * 200 + [1.0] * 56)], detector.width < 100
        ([223, 255], True)
    """

    def __init__(self, *, delta: float = 0.002, clock: int = 32, least: int = 5) -> None:
        if not 0 < delta < 1 or clock < 1 or least < 1:
            msg = (
                f"adwin: expected 0 < delta < 1, clock >= 1 and least >= 1, got {delta}, {clock}, {least}; "
                "the defaults are 0.002, 32 and 5"
            )
            raise ValueError(msg)
        self._delta, self._clock, self._least = delta, clock, least
        self._seen = 0
        # By size, 2^i values each, oldest first: (sum, squared deviation from its mean).
        self._levels: list[list[tuple[float, float]]] = [[]]

    @property
    def width(self) -> int:
        """Values in the window."""
        return sum(len(level) << i for i, level in enumerate(self._levels))

    @property
    def mean(self) -> float:
        """Mean of the window; NaN while it is empty."""
        width = self.width
        total = math.fsum(total for level in self._levels for total, _ in level)
        return total / width if width else math.nan

    def update(self, values: ArrayLike) -> list[Change]:
        """Take values in order, and return the changes found in this batch.

        Cutting the stream into other batches gives the same changes.
        """
        column = np.asarray(values, np.float64)
        if column.ndim != 1:
            msg = f"values: expected (n,), got shape {column.shape}; give each stream a detector of its own"
            raise ValueError(msg)
        found = []
        for position, value in enumerate(np.clip(column, 0.0, 1.0).tolist()):
            if math.isnan(value):
                continue
            self._insert(value)
            self._seen += 1
            if self._seen % self._clock == 0:
                change = self._shrink(position)
                if change is not None:
                    found.append(change)
        return found

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

    def _shrink(self, position: int) -> Change | None:
        """Drop the oldest buckets while there is a cut; return the change at the clearest cut."""
        gap, cut = self._clearest_cut()
        if gap <= 1:
            return None
        change = self._change(position, cut)
        while gap > 1:
            self._levels[-1].pop(0)
            while not self._levels[-1]:
                self._levels.pop()
            gap, _ = self._clearest_cut()
        return change

    def _change(self, position: int, cut: int) -> Change:
        sizes, totals, spreads = self._buckets()
        parts = [_part(sizes[side], totals[side], spreads[side]) for side in (slice(cut), slice(cut, None))]
        (before, squares_before), (after, squares_after) = parts
        return change_between(position, before, after, squares_before + squares_after)

    def _clearest_cut(self) -> tuple[float, int]:
        """Return the largest difference of means over its ε, and the buckets before that cut; over 1 is a change."""
        sizes, totals, spreads = self._buckets()
        width, total = sizes.sum(), totals.sum()
        if width <= 2 * self._least:
            return 0.0, 0
        variance = (spreads.sum() + (sizes * (totals / sizes - total / width) ** 2).sum()) / width
        older = np.cumsum(sizes)[:-1]
        newer = width - older
        sums = np.cumsum(totals)[:-1]
        per_m = 1 / older + 1 / newer
        log = math.log(2 * math.log(width) / self._delta)
        epsilon = np.sqrt(2 * per_m * variance * log) + 2 / 3 * per_m * log
        gaps = np.abs(sums / older - (total - sums) / newer) / epsilon
        gaps[(older < self._least) | (newer < self._least)] = 0.0
        clearest = int(gaps.argmax())
        return float(gaps[clearest]), clearest + 1

    def _buckets(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return sizes, sums and squared deviations, oldest first."""
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
            "seen": self._seen,
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
        self._seen = snapshot["seen"]
        flat = np.frombuffer(snapshot["buckets"], "<f8").tolist()
        buckets = zip(flat[::2], flat[1::2], strict=True)
        self._levels = [[next(buckets) for _ in range(length)] for length in snapshot["levels"]]


def _part(sizes: NDArray[np.float64], totals: NDArray[np.float64], spreads: NDArray[np.float64]) -> tuple[Part, float]:
    """Return the values of some buckets as one part, and the sum of their squared deviations from its mean."""
    width = sizes.sum()
    mean = totals.sum() / width
    squares = spreads.sum() + (sizes * (totals / sizes - mean) ** 2).sum()
    return Part(int(width), float(mean)), float(squares)

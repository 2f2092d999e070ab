"""Page-Hinkley: a change in the mean of a stream, by its cumulative deviation from the mean so far."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

VERSION = 1
_DIRECTIONS = ("both", "rise", "fall")


class PageHinkley:
    """Watches one stream for a rise or fall of its mean.

    With x̄ the mean since the last change, the rise is m − min m for m ← fading·m + (x − x̄ − tolerance), the fall
    max m − m for m ← fading·m + (x − x̄ + tolerance); either over `threshold` is a change, and all starts anew.
    NaN is passed over.

    Source: Page, Continuous inspection schemes, Biometrika 41, 1954; fading as in River's drift.PageHinkley.

    Args:
        least: values before a change is looked for.
        tolerance: deviation from the mean that is none, in units of the values (δ).
        threshold: cumulative deviation that is a change, in units of the values (λ).
        fading: what remains of the sum at each step, over 0 to 1; 1 is Page's own.
        direction: which changes to look for.

    Raises:
        ValueError: a setting is out of range.

    Example:
        >>> detector = PageHinkley(threshold=5)
        >>> detector.update([0.0] * 50 + [1.0] * 10).tolist()
        [55]
    """

    def __init__(
        self,
        *,
        least: int = 30,
        tolerance: float = 0.005,
        threshold: float = 50.0,
        fading: float = 0.9999,
        direction: Literal["both", "rise", "fall"] = "both",
    ) -> None:
        if least < 1 or not tolerance >= 0 or not threshold > 0 or not 0 < fading <= 1:
            msg = (
                "page_hinkley: expected least >= 1, tolerance >= 0, threshold > 0 and 0 < fading <= 1, got "
                f"{least}, {tolerance}, {threshold}, {fading}; the defaults are 30, 0.005, 50 and 0.9999"
            )
            raise ValueError(msg)
        if direction not in _DIRECTIONS:
            msg = f"page_hinkley: expected direction both, rise or fall, got {direction!r}; use both if unsure"
            raise ValueError(msg)
        self._direction = direction
        self._least, self._tolerance, self._threshold, self._fading = least, tolerance, threshold, fading
        self.changes = 0
        self._start()

    def _start(self) -> None:
        self._count, self._mean = 0, 0.0
        self._rise, self._least_rise = 0.0, math.inf
        self._fall, self._most_fall = 0.0, -math.inf

    def update(self, values: ArrayLike) -> NDArray[np.int64]:
        """Take values in order, and return the positions in this batch at which a change was found.

        Cutting the stream into other batches gives the same changes.
        """
        found = [position for position, value in enumerate(_column(values)) if self._is_change(value)]
        return np.asarray(found, np.int64)

    def _is_change(self, value: float) -> bool:
        if math.isnan(value):
            return False
        self._count += 1
        self._mean += (value - self._mean) / self._count
        deviation = value - self._mean
        self._rise = self._fading * self._rise + deviation - self._tolerance
        self._fall = self._fading * self._fall + deviation + self._tolerance
        self._least_rise = min(self._least_rise, self._rise)
        self._most_fall = max(self._most_fall, self._fall)
        if self._count < self._least or self._deviation <= self._threshold:
            return False
        self.changes += 1
        self._start()
        return True

    @property
    def _deviation(self) -> float:
        rise, fall = self._rise - self._least_rise, self._most_fall - self._fall
        return max(rise, fall) if self._direction == "both" else rise if self._direction == "rise" else fall

    @property
    def score(self) -> float:
        """How near the next change is: cumulative deviation over the threshold, 0..1."""
        return min(1.0, self._deviation / self._threshold) if self._count >= self._least else 0.0

    def snapshot(self) -> dict[str, Any]:
        """Return the state as builtins; settings come from the constructor again."""
        sums = [self._mean, self._rise, self._least_rise, self._fall, self._most_fall]
        return {"version": VERSION, "changes": self.changes, "count": self._count, "sums": sums}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take the state of a snapshot.

        Raises:
            ValueError: it is of another format version.
        """
        if snapshot.get("version") != VERSION:
            msg = (
                f"page_hinkley: expected a snapshot of version {VERSION}, got {snapshot.get('version')!r}; "
                "start without it"
            )
            raise ValueError(msg)
        self.changes, self._count = snapshot["changes"], snapshot["count"]
        self._mean, self._rise, self._least_rise, self._fall, self._most_fall = snapshot["sums"]


def _column(values: ArrayLike) -> list[float]:
    column = np.asarray(values, np.float64)
    if column.ndim != 1 or np.isinf(column).any():
        msg = f"values: expected finite numbers, (n,), got shape {column.shape}; clip infinities before"
        raise ValueError(msg)
    listed: list[float] = column.tolist()
    return listed

"""Page-Hinkley: a change in the mean of a stream, by its cumulative deviation from the mean so far."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from state.drift.sequential.change import Change, Part, change_between

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

VERSION = 2
_DIRECTIONS = ("both", "rise", "fall")
_NOTHING = Part(0, 0.0)


class PageHinkley:
    """A detector of a rise or fall of the mean of one stream.

    With x̄ the mean since the last change, the rise is m − min m for m ← fading·m + (x − x̄ − tolerance), the fall
    max m − m for m ← fading·m + (x − x̄ + tolerance); either over `threshold` is a change, and all starts over. The
    values up to the minimum (of a rise) or maximum (of a fall) are taken for those before the change; with a tolerance
    well under the shift that turn lies early, and the size of the change comes out small.
    NaN is passed over.

    Source: Page, Continuous inspection schemes, Biometrika 41, 1954; fading as in River's drift.PageHinkley.

    Args:
        least: values before a change is looked for.
        tolerance: deviation from the mean that adds nothing, in units of the values (δ).
        threshold: cumulative deviation that is a change, in units of the values (λ).
        fading: what remains of the sum at each step, over 0 to 1; 1 is Page's own.
        direction: direction of the changes to look for.

    Raises:
        ValueError: a setting is out of range.

    Example:
        >>> detector = PageHinkley(threshold=5)
        >>> [change.position for change in detector.update([0.0] * 50 + [1.0] * 10)]
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
        self._start()

    def _start(self) -> None:
        self._count, self._mean, self._squares = 0, 0.0, 0.0
        self._rise, self._least_rise, self._before_rise = 0.0, math.inf, _NOTHING
        self._fall, self._most_fall, self._before_fall = 0.0, -math.inf, _NOTHING

    def update(self, values: ArrayLike) -> list[Change]:
        """Take values in order, and return the changes found in this batch.

        Cutting the stream into other batches gives the same changes.
        """
        found = (self._take(position, value) for position, value in enumerate(_column(values)))
        return [change for change in found if change is not None]

    def _take(self, position: int, value: float) -> Change | None:
        if math.isnan(value):
            return None
        self._count += 1
        step = value - self._mean
        self._mean += step / self._count
        deviation = value - self._mean
        self._squares += step * deviation
        self._rise = self._fading * self._rise + deviation - self._tolerance
        self._fall = self._fading * self._fall + deviation + self._tolerance
        if self._rise < self._least_rise:
            self._least_rise, self._before_rise = self._rise, Part(self._count, self._mean)
        if self._fall > self._most_fall:
            self._most_fall, self._before_fall = self._fall, Part(self._count, self._mean)
        if self._count < self._least:
            return None
        before = self._values_before()
        if before is None:
            return None
        change = self._change(position, before)
        self._start()
        return change

    def _values_before(self) -> Part | None:
        """Return the values before a change; None: there is no change."""
        if self._direction != "fall" and self._rise - self._least_rise > self._threshold:
            return self._before_rise
        if self._direction != "rise" and self._most_fall - self._fall > self._threshold:
            return self._before_fall
        return None

    def _change(self, position: int, before: Part) -> Change:
        values = self._count - before.values
        after = Part(values, (self._count * self._mean - before.values * before.mean) / values)
        between = (after.mean - before.mean) ** 2 * before.values * values / self._count
        return change_between(position, before, after, max(0.0, self._squares - between))

    def snapshot(self) -> dict[str, Any]:
        """Return the state as builtins; settings come from the constructor again."""
        rise, fall = self._before_rise, self._before_fall
        sums = [self._mean, self._squares, self._rise, self._least_rise, rise.mean]
        return {
            "version": VERSION,
            "counts": [self._count, rise.values, fall.values],
            "sums": [*sums, self._fall, self._most_fall, fall.mean],
        }

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
        self._count, *counts = snapshot["counts"]
        self._mean, self._squares, *sums = snapshot["sums"]
        self._rise, self._least_rise, self._fall, self._most_fall = sums[0], sums[1], sums[3], sums[4]
        self._before_rise, self._before_fall = Part(counts[0], sums[2]), Part(counts[1], sums[5])


def _column(values: ArrayLike) -> list[float]:
    column = np.asarray(values, np.float64)
    if column.ndim != 1 or np.isinf(column).any():
        msg = f"values: expected finite numbers, (n,), got shape {column.shape}; clip infinities before"
        raise ValueError(msg)
    listed: list[float] = column.tolist()
    return listed

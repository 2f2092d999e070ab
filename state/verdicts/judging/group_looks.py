"""Looks at goals whose tests end at a known number of units, so that their boundaries are tighter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from state.experiments.evidence.group_boundary import GroupBoundary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from state.experiments.evidence.metric import Metric

LOOKS = 20
"""Looks that are used at most: a boundary costs more with each, and power hardly grows."""

_APART = 1 / LOOKS - 1e-9  # fractions are floats
_ENDS_BY = 1 - _APART / 2  # a look just before the last one would only take from it


class GroupLooks:
    """The looks that were used so far, as fractions of the clock at which the tests end, by variant and goal."""

    def __init__(self) -> None:
        self._fractions: dict[tuple[int, str], tuple[float, ...]] = {}

    def boundary(self, arm: int, metric: Metric, clock: float) -> GroupBoundary | None:
        """Return the boundary of a look, infinite where it is none that is used; None: the test has no end.

        Args:
            arm: place of the variant.
            metric: the metric.
            clock: units or events so far; it never falls.
        """
        if metric.most is None or metric.role != "goal":
            return None
        used = self._fractions.get((arm, metric.name), ())
        last, now = used[-1] if used else 0.0, min(clock / metric.most, 1.0)
        if not (now == 1.0 > last or (now - last >= _APART and now <= _ENDS_BY)):
            return GroupBoundary(metric.alpha)
        self._fractions[arm, metric.name] = (*used, now)
        return GroupBoundary(metric.alpha, fractions=(*used, now))

    def listed(self) -> list[list[Any]]:
        """Return the looks as JSON has them."""
        return [[*key, fractions] for key, fractions in self._fractions.items()]

    def restore(self, listed: Iterable[list[Any]]) -> None:
        """Take what ``listed`` gave."""
        self._fractions = {(arm, name): tuple(fractions) for arm, name, fractions in listed}

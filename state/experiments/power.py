"""Units that a test takes to find a difference, by how it is looked at; to be asked before it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from state.experiments.confidence import PLANNED, TwoSided
from state.experiments.group_sequential import critical_values, crossing_chances, obrien_fleming

if TYPE_CHECKING:
    from collections.abc import Callable

    from state.experiments.group_sequential import Spending

_NORMAL = NormalDist()
_MOST_DRIFT = 40.0
_MOST_UNITS = 1e15
_LEAST_CHANCE = 1e-6
"""Least chance of an error; sums over looks are not exact enough for much smaller ones."""

_LEAST_DIFFERENCE = 1e-6
"""Least difference in standard deviations; one with fewer takes more units than there are."""


@dataclass(frozen=True)
class Plan:
    """A difference to be found, and how surely; make it with `between_arms` or `on_same_rows`.

    Attributes:
        difference: in the metric's unit, not 0.
        variance: of the estimate, times the number of units.
        alpha: chance of a false alarm, both sides together.
        power: chance to find the difference.

    Raises:
        ValueError: a number is out of range.
    """

    difference: float
    variance: float
    alpha: float = 0.05
    power: float = 0.8

    def __post_init__(self) -> None:
        is_level = _LEAST_CHANCE <= self.alpha < self.power <= 1 - _LEAST_CHANCE
        if not (self.difference and 0 < self.variance < math.inf and is_level):
            msg = (
                "plan: expected a difference other than 0, a variance > 0 and 0 < alpha < power < 1, "
                f"none within a millionth of 0 or 1, got {self.difference}, {self.variance}, {self.alpha} and "
                f"{self.power}; use alpha 0.05 and power 0.8"
            )
            raise ValueError(msg)
        deviation = math.sqrt(self.variance)
        if abs(self.difference) < _LEAST_DIFFERENCE * deviation:
            msg = (
                f"plan: expected a difference of a millionth of {deviation:g} or more, the deviation of a unit's part "
                f"in it, got {self.difference:g}; nobody has the units to find it"
            )
            raise ValueError(msg)

    def units(self, drift: float) -> int:
        """Return the units after which the difference is so many standard errors."""
        return math.ceil(self.variance * (drift / self.difference) ** 2)


def between_arms(
    difference: float, deviation: float, *, share: float = 0.5, alpha: float = 0.05, power: float = 0.8
) -> Plan:
    """Plan a test of two arms; its units are those of both arms.

    Args:
        difference: to be found, in the metric's unit.
        deviation: standard deviation of a unit's value.
        share: share of units that the treatment gets, between 0 and 1.
        alpha: chance of a false alarm.
        power: chance to find the difference.

    Raises:
        ValueError: a number is out of range.
    """
    if not 0 < share < 1:
        msg = f"share: expected a number between 0 and 1, got {share}; use 0.5, which takes the fewest units"
        raise ValueError(msg)
    # A power of a number that is too large is an error, where a product is infinite, which the plan refuses.
    return Plan(difference, deviation * deviation / (share * (1 - share)), alpha, power)


def on_same_rows(
    difference: float, deviation: float, correlation: float, *, alpha: float = 0.05, power: float = 0.8
) -> Plan:
    """Plan a test of two models on the same rows; the variance of a unit's difference is 2(1 − r)·deviation².

    So it takes (1 − r)/2 of the units of two even arms.

    Args:
        difference: to be found, in the unit of the loss.
        deviation: standard deviation of a unit's loss, alike for both models.
        correlation: r of the two losses of a unit, below 1, as `Paired` has it.
        alpha: chance of a false alarm.
        power: chance to find the difference.

    Raises:
        ValueError: a number is out of range.
    """
    if not -1 <= correlation <= 1:
        msg = f"correlation: expected a number from -1 to 1, got {correlation}; without one, leave the shadow out"
        raise ValueError(msg)
    return Plan(difference, 2 * (1 - correlation) * deviation * deviation, alpha, power)


def fixed_units(plan: Plan) -> int:
    """Return the units of a test that is looked at once, at its end.

    Example:
        >>> fixed_units(between_arms(0.5, 1.0))
        126
    """
    critical = _NORMAL.inv_cdf(1 - plan.alpha / 2)

    def power(drift: float) -> float:
        return _NORMAL.cdf(drift - critical) + _NORMAL.cdf(-drift - critical)

    return plan.units(_least(lambda drift: power(drift) >= plan.power, _MOST_DRIFT))


def group_sequential_units(plan: Plan, *, looks: int = 20, spending: Spending = obrien_fleming) -> int:
    """Return the units that a test with even looks takes at most; most that find the difference end sooner.

    Args:
        plan: difference to be found.
        looks: number of looks, 1 or more.
        spending: part of alpha that a fraction of units allows.

    Example:
        >>> group_sequential_units(between_arms(0.5, 1.0), looks=5)
        129
    """
    fractions = np.arange(1, looks + 1) / looks
    critical = critical_values(fractions, plan.alpha, spending=spending)

    def is_enough(drift: float) -> bool:
        return bool(crossing_chances(critical, fractions, drift=drift).sum() >= plan.power)

    return plan.units(_least(is_enough, _MOST_DRIFT))


def sequence_units(plan: Plan, planned: float = PLANNED) -> int:
    """Return the units at which a confidence sequence excludes 0 with the wanted power, by a normal estimate.

    Some of those that exclude it by then did so before and came back, so the power is a little higher.

    Args:
        plan: difference to be found.
        planned: clock at which the sequence is tightest; the number returned makes a good one.

    Example:
        >>> sequence_units(between_arms(0.5, 1.0), planned=250)
        241
    """
    boundary, quantile = TwoSided(plan.alpha, planned), _NORMAL.inv_cdf(plan.power)

    def is_enough(units: float) -> bool:
        drift = abs(plan.difference) * math.sqrt(units / plan.variance)
        return drift - float(boundary.half_width(1.0, units)) >= quantile

    return math.ceil(_least(is_enough, _MOST_UNITS))


def _least(is_enough: Callable[[float], bool], most: float) -> float:
    """Return the least number above 0 that is enough, to nine digits, where more is always enough."""
    low, high = 1e-9, most
    while high / low > 1 + 1e-9:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high

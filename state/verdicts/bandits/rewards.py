"""Estimates of what each variant of a bandit is worth, over rounds in which variants had other shares.

Rows of rounds with other weights are compared as `state.experiments.bandits.reweighed` does. Rounds in which a variant
had no share say nothing of it beside the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from state.experiments.bandits.reward_posterior import reward_posterior
from state.experiments.bandits.reweighed import Compared, compare_reweighed, effective_units
from state.experiments.confidence import TwoSided
from state.experiments.moments import Moments
from state.experiments.rates import least_se

if TYPE_CHECKING:
    from collections.abc import Sequence

    from state.experiments.bandits.thompson import Posterior
    from state.verdicts.cells import Cells


@dataclass(frozen=True)
class Bandit:
    """A bandit as its judge knows it.

    Attributes:
        goal: place of the metric that decides.
        name: its name.
        is_loss: less of it is better.
        floor: share that each variant keeps at least, 0..1.
        least_units: units that each variant has before weights change.
        alpha: chance that the interval of any variant ever leaves the truth out.
        planned: clock at which intervals are tightest.
    """

    goal: int
    name: str
    is_loss: bool
    floor: float
    least_units: int
    alpha: float
    planned: float


@dataclass(frozen=True)
class Reward:
    """Estimate of the goal of a variant.

    Attributes:
        arm: place of the variant.
        share: its share now, 0..1.
        units: units with a value.
        value: mean over the rounds; NaN without a value.
        se: its standard error.
        lower: lower end of the interval at all looks.
        upper: upper end.
        effective_units: so many units of equal weight are as good.
        posterior: of the mean; None: it is not known yet.
    """

    arm: int
    share: float
    units: int
    value: float
    se: float
    lower: float
    upper: float
    effective_units: float
    posterior: Posterior | None


def live_arms(cells: Cells, enabled: Sequence[int]) -> tuple[int, ...]:
    """Return the variants that have a share now."""
    if not cells.shares:
        return ()
    shares = cells.shares[max(cells.shares)]
    return tuple(arm for arm in enabled if shares[arm] > 0)


def compare_rounds(cells: Cells, metric: int, arms: tuple[int, int], *, is_share: bool) -> Compared:
    """Compare a metric of treatment and control over all rounds in which both have a share."""
    treatment, control = (_over_rounds(cells, metric, arm, arms) for arm in arms)
    found = compare_reweighed(treatment, control)
    if not is_share or not math.isfinite(found.se):
        return found
    least = max(least_se(float(arm.ratio), effective_units(arm)) for arm in (treatment, control))
    return Compared(found.difference, max(found.se, least), found.clock)


def reward_of(bandit: Bandit, cells: Cells, arm: int, arms: tuple[int, ...]) -> Reward:
    """Return the rewards of a variant, over the rounds in which all of some variants have a share."""
    moments = _over_rounds(cells, bandit.goal, arm, arms)
    is_rate = not cells.fractions[bandit.goal]
    effective, value = effective_units(moments), float(moments.ratio)
    se = math.sqrt(float(moments.variance_of_ratio))
    if is_rate and not se:
        se = least_se(value, effective)
    half = float(TwoSided(bandit.alpha / len(arms), bandit.planned).half_width(se, effective))
    posterior = reward_posterior(moments, is_rate=is_rate, is_loss=bandit.is_loss)
    share = cells.shares[max(cells.shares)][arm]
    return Reward(arm, share, int(moments.count), value, se, value - half, value + half, effective, posterior)


def _over_rounds(cells: Cells, metric: int, arm: int, arms: Sequence[int]) -> Moments:
    """Return the moments of a variant over the rounds in which all of some variants have a share."""
    made = Moments.from_units([])
    for step, shares in sorted(cells.shares.items()):
        cell = cells.cells.get((arm, step))
        if cell is not None and all(shares[each] > 0 for each in arms):
            made += cell.moments[metric]
    return made

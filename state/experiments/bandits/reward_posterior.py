"""Posterior of the value of a bandit's arm, from units that rounds weigh differently."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from state.experiments.bandits.reweighed import effective_units
from state.experiments.bandits.thompson import BetaPosterior, NormalPosterior, Posterior

if TYPE_CHECKING:
    from state.experiments.moments import Moments


def reward_posterior(arm: Moments, *, is_rate: bool, is_loss: bool = False) -> Posterior | None:
    """Return the posterior of an arm's mean, higher for a better arm; None: its units are too few for a mean.

    That of a rate r with variance v is Beta(1 + r·n, 1 + (1 − r)·n) with the n = r·(1 − r)/v units that would tell as
    much, v without the n − 1 of samples: of plain units these are all of them, of units that resemble each other, or
    are weighed differently, fewer. Where all are the same n is the number of effective units. That of another mean is
    normal.

    Source: design effects of rates: Kish, Survey Sampling, 1965, ch. 8.

    Args:
        arm: moments of its units.
        is_rate: each value is 0 or 1.
        is_loss: less of it is better.

    Example:
        >>> from state.experiments.moments import Moments
        >>> found = reward_posterior(Moments.from_units([1, 0, 0, 0]), is_rate=True, is_loss=True)
        >>> round(found.hits, 3), round(found.misses, 3)
        (3.0, 1.0)
    """
    mean, variance = float(arm.ratio), float(arm.variance_of_ratio)
    if not math.isfinite(mean):
        return None
    if is_rate:
        rate = min(max(1 - mean if is_loss else mean, 0.0), 1.0)
        spread = variance * (1 - 1 / float(arm.count))
        units = rate * (1 - rate) / spread if spread > 0 else effective_units(arm)
        return BetaPosterior(rate * units, (1 - rate) * units)
    if not variance > 0:
        return None
    return NormalPosterior(-mean if is_loss else mean, math.sqrt(variance))

"""Arms whose shares changed from round to round, each reweighed to the same mix of rounds.

Rules this file keeps:

- A later round has other units and perhaps another level: rows of an arm that got its share late must not be put
  beside rows of one that got it early. So each row counts h/p, where p is the share that its arm had in its round and h
  is the same for all arms of the round. Then every arm has the same mix of rounds.
- h = 1/Σ 1/p over arms. With h = 1 a row at a floor of 5 % counts twenty times one at a share of 1, and a bandit may
  know less of an arm after many rounds than after its first, even one. This h makes the variance of differences least
  where rows vary equally: a round in which some arm has next to nothing counts next to nothing for all.
- Weights come from what was planned, never from outcomes of the same round, so they bring in no bias.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.experiments.moments import D

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from state.experiments.moments import Moments


def round_weights(shares: ArrayLike) -> NDArray[np.float64]:
    """Return the weight h/p of a row of each arm in a round, (arms,); 0 for an arm without a share.

    Source: Li, Li, Propensity score weighting for causal inference with multiple treatments, Annals of Applied
    Statistics 13, 2019, the generalised overlap weights.

    Args:
        shares: share p of each arm, (arms,).

    Example:
        >>> round_weights([0.5, 0.5]).tolist(), round_weights([0.9, 0.1]).round(3).tolist()
        ([0.5, 0.5], [0.1, 0.9])
    """
    p = np.asarray(shares, np.float64)
    inverse = np.where(p > 0, 1 / np.where(p > 0, p, 1.0), 0.0)
    return inverse / max(float(inverse.sum()), 1.0)


def effective_units(arm: Moments) -> float:
    """Return (Σ d)²/Σ d² of units with denominators d: so many units of equal weight are as good.

    Source: Kish, Survey Sampling, 1965.
    """
    count, mean = float(arm.count), float(arm.means[..., D])
    square = float(arm.products[..., D, D]) + count * mean**2
    return (count * mean) ** 2 / square if square > 0 else 0.0


@dataclass(frozen=True)
class Compared:
    """Treatment less control, of arms with weighted units.

    Attributes:
        difference: of the ratios; NaN while an arm has no unit.
        se: its standard error; NaN while an arm has fewer than two.
        clock: effective units of both arms.
    """

    difference: float
    se: float
    clock: float


def compare_reweighed(treatment: Moments, control: Moments) -> Compared:
    """Compare the ratios of two arms of weighted units.

    The variance is the larger of Welch's and Student's, as in `difference`, with effective units in place of units.
    """
    arms = (treatment, control)
    units = [effective_units(arm) for arm in arms]
    variances = [float(arm.variance_of_ratio) for arm in arms]
    pooled = sum((n - 1) * n * variance for n, variance in zip(units, variances, strict=True))
    students = pooled / max(sum(units) - 2, 1.0) * sum(1 / max(n, 1.0) for n in units)
    gain = float(treatment.ratio) - float(control.ratio)
    variance = math.nan if math.isnan(sum(variances)) else max(sum(variances), students)
    return Compared(gain, math.sqrt(variance), sum(units))

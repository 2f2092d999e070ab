"""Value that a metric would have under another policy of assignment, from rows with logged propensities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.experiments.confidence import PLANNED, TwoSided
from state.experiments.moments import Moments

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class PolicyValue:
    """A metric's value under a policy, with the interval of a confidence sequence.

    Attributes:
        value: the estimate; NaN without rows that the policy could have had.
        se: its standard error over units.
        lower: lower end of the interval.
        upper: upper end of the interval.
        units: units with a value.
        effective_units: (Σ d)²/Σ d² of the units' weights d: so many units of equal weight are as good.
    """

    value: float
    se: float
    lower: float
    upper: float
    units: int
    effective_units: float


def importance_weights(arms: ArrayLike, propensity: ArrayLike, shares: ArrayLike) -> NDArray[np.float64]:
    """Return π(a)/p(a) of each row, (n,): how much more often a policy would have had it.

    Args:
        arms: arm a of each row, (n,).
        propensity: probability p with which the row got its arm, in (0, 1], (n,).
        shares: probability π of each arm under the policy, (arms,).

    Raises:
        ValueError: a propensity is out of range, or shares do not sum to 1.

    Example:
        >>> importance_weights([0, 1, 1], [0.75, 0.25, 0.25], [0.5, 0.5]).round(3).tolist()
        [0.667, 2.0, 2.0]
    """
    p, policy = np.asarray(propensity, np.float64), np.asarray(shares, np.float64)
    if not ((p > 0) & (p <= 1)).all():
        msg = "propensity: expected numbers over 0, up to 1, got others; leave out rows whose arm was not drawn"
        raise ValueError(msg)
    if not ((policy >= 0).all() and np.isclose(policy.sum(), 1)):
        msg = f"policy: expected shares >= 0 that sum to 1, got {policy.tolist()}"
        raise ValueError(msg)
    found: NDArray[np.float64] = policy[np.asarray(arms)] / p
    return found


def value_under_policy(
    units: ArrayLike,
    values: ArrayLike,
    weights: ArrayLike,
    *,
    is_per_unit: bool = False,
    alpha: float = 0.05,
    planned: float = PLANNED,
) -> PolicyValue:
    """Estimate a metric under a policy by self-normalised inverse propensity scoring, Σ w·r/Σ w.

    Rows of a unit resemble each other, so a unit's sums are what varies: the standard error is that of a ratio of
    means over units.

    Source: Swaminathan, Joachims, The self-normalized estimator for counterfactual learning, NIPS 2015; the interval,
    Waudby-Smith et al., arXiv 2103.06476, eq. 9.

    Args:
        units: unit of each row, as a whole number, (n,).
        values: value r of each row, NaN where it says nothing, (n,).
        weights: weight w of each row, as `importance_weights` gives it, (n,).
        is_per_unit: the metric is the sum of a unit's rows; else the mean over rows.
        alpha: chance that the interval ever leaves the truth out, between 0 and 1.
        planned: number of rows at which the interval is tightest.

    Example:
        >>> value_under_policy([1, 2, 3, 4], [1.0, 0.0, 1.0, 1.0], [1.0, 2.0, 2.0, 1.0]).value.__round__(3)
        0.667
    """
    value, weight = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    known = np.flatnonzero(np.isfinite(value))
    _, unit = np.unique(np.asarray(units)[known], return_inverse=True)
    x = np.bincount(unit, weight[known] * value[known])
    total = np.bincount(unit, weight[known])
    d = total / np.bincount(unit) if is_per_unit else total
    moments = Moments.from_units(x, d)
    se = float(np.sqrt(moments.variance_of_ratio))
    half = float(TwoSided(alpha, planned).half_width(se, float(len(known))))
    found, square = float(moments.ratio), float((d**2).sum())
    effective = float(d.sum() ** 2 / square) if square else 0.0
    return PolicyValue(found, se, found - half, found + half, len(d), effective)

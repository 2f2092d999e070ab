"""Two models on the same rows, as a shadow deployment has them: their losses compared row by row.

Both models meet the same easy and hard rows, and only what they do differently is left in the difference. So it takes a
fraction of the units that two arms take. It says nothing of what customers would have done with the other answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.experiments.moments import COVARIATE, D, X

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from state.experiments.moments import Moments


@dataclass(frozen=True, eq=False)
class Paired:
    """Two models compared; leading axes are those of the moments.

    Attributes:
        difference: loss a row of the candidate less that of the current model, (...).
        se: its standard error over units, (...); NaN below two units.
        candidate: loss a row of the candidate, (...).
        current: loss a row of the current model, (...).
        correlation: of the two losses of a unit, −1..1; NaN where one does not vary.
        rows: rows of all units, the clock of a boundary.
    """

    difference: NDArray[np.float64]
    se: NDArray[np.float64]
    candidate: NDArray[np.float64]
    current: NDArray[np.float64]
    correlation: NDArray[np.float64]
    rows: NDArray[np.float64]


def paired_difference(both: Moments) -> Paired:
    """Compare two models by moments whose value is the candidate's loss and whose covariate is the current model's.

    Each is the sum over the unit's rows, and the denominator is their number. The variance is that of the ratio
    (candidate − current)/rows by the delta method, so rows of one unit may resemble each other.

    Source: Deng, Knoblich, Lu, Applying the delta method in metric analytics, KDD 2018, arXiv 1803.06336.

    Example:
        >>> from state.experiments.moments import Moments
        >>> found = paired_difference(Moments.from_units([1, 2, 4], covariate=[2, 4, 5]))
        >>> round(float(found.difference), 4), round(float(found.se), 4)
        (-1.3333, 0.3333)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        candidate, current = (both.means[..., value] / both.means[..., D] for value in (X, COVARIATE))
    spread = _spread(both, X, X, candidate, candidate)
    spread_current = _spread(both, COVARIATE, COVARIATE, current, current)
    shared = _spread(both, X, COVARIATE, candidate, current)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = shared / np.sqrt(spread * spread_current)
        variance = np.maximum(spread + spread_current - 2 * shared, 0.0) / (both.count * both.means[..., D] ** 2)
    rows = both.count * both.means[..., D]
    return Paired(candidate - current, np.sqrt(variance), candidate, current, np.clip(correlation, -1, 1), rows)


def log_losses(scores: ArrayLike, labels: ArrayLike, *, least: float = 1e-6) -> NDArray[np.float64]:
    """Return the logarithmic loss of each row, −ln of the chance that the score gave to what came.

    Args:
        scores: chance of a positive, 0..1, (n,).
        labels: 0 or 1, (n,).
        least: chance that is taken for a smaller one, which bounds the loss of one row.

    Raises:
        ValueError: a score is not a chance, or a label neither 0 nor 1.

    Example:
        >>> log_losses([0.5, 0.9], [1, 0]).round(4).tolist()
        [0.6931, 2.3026]
    """
    chances, truth = np.asarray(scores, np.float64), np.asarray(labels)
    if not ((chances >= 0) & (chances <= 1)).all() or not np.isin(truth, (0, 1)).all():
        msg = "log loss: expected scores 0..1 and labels 0 or 1, got others; leave out rows without a score or label"
        raise ValueError(msg)
    given = np.where(truth == 1, chances, 1 - chances)
    losses: NDArray[np.float64] = -np.log(np.maximum(given, least))
    return losses


def _spread(
    both: Moments, left: int, right: int, left_ratio: NDArray[np.float64], right_ratio: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the covariance over units of what two values have beyond their ratio to the rows."""
    crossed = left_ratio * both.covariance(D, right) + right_ratio * both.covariance(left, D)
    return both.covariance(left, right) - crossed + left_ratio * right_ratio * both.covariance(D, D)

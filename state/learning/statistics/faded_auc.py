"""Area under the ROC curve of the latest rows, from faded counts of scores by label."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUCKETS = 48
_FAR = 9.0  # log-odds of the outermost edges
_EDGES = 1 / (1 + np.exp(-np.linspace(-_FAR, _FAR, BUCKETS - 1)))


def buckets_of(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the bucket of each score 0..1, which are equally wide in log-odds, (n,).

    Example:
        >>> buckets_of(np.array([0.0, 0.01, 0.99, 1.0])).tolist()
        [0, 12, 35, 47]
    """
    return np.searchsorted(_EDGES, scores)


def area(counts: NDArray[np.float64]) -> tuple[float, float]:
    """Return the area P(score of a positive > of a negative) + ½ P(same bucket), and the most by which it is off.

    Scores in one bucket count as equal, so it is off by at most half the share of pairs that share a bucket. Both are
    NaN where a class is missing.

    Source: Hanley, McNeil, The meaning and use of the area under a ROC curve, Radiology 143, 1982.

    Args:
        counts: weight of negatives and of positives in each bucket, (2, buckets).

    Example:
        >>> area(np.array([[2.0, 1.0], [0.0, 1.0]]))
        (0.8333333333333334, 0.16666666666666666)
    """
    negatives, positives = counts
    pairs = float(negatives.sum() * positives.sum())
    if not pairs:
        return math.nan, math.nan
    below = np.cumsum(negatives) - negatives / 2
    return float((positives * below).sum() / pairs), float((positives * negatives).sum() / pairs / 2)

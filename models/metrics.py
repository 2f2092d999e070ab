"""Ranking metrics of two-class scores; ties count as in scikit-learn, and a missing class gives NaN."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def auc_roc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the chance that a positive row scores above a negative one; a tie counts as half.

    Source: Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27, 2006.

    Args:
        labels: 0 or 1, (n,).
        scores: (n,), higher = more likely positive.

    Example:
        >>> auc_roc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        0.75
    """
    true_positives, predicted = counts_by_threshold(labels, scores)
    false_positives = predicted - true_positives
    positives, negatives = true_positives[-1], false_positives[-1]
    if not positives or not negatives:
        return float("nan")
    # Trapezoids in whole numbers are exact.
    widths = np.diff(false_positives)
    heights = true_positives[1:] + true_positives[:-1]
    return float((widths * heights).sum()) / (2 * int(positives) * int(negatives))


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the sum over thresholds of precision times the recall gained, without interpolation.

    Source: https://scikit-learn.org/stable/modules/generated/sklearn.metrics.average_precision_score.html

    Args:
        labels: 0 or 1, (n,).
        scores: (n,), higher = more likely positive.

    Example:
        >>> round(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
        0.8333
    """
    true_positives, predicted = counts_by_threshold(labels, scores)
    positives = true_positives[-1]
    if not positives or positives == predicted[-1]:
        return float("nan")
    precision = true_positives[1:] / predicted[1:]
    return float((np.diff(true_positives) * precision).sum() / positives)


def counts_by_threshold(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count true positives and predicted positives at each distinct score, highest first, from (0, 0).

    Args:
        labels: 0 or 1, (n,).
        scores: (n,), higher = more likely positive.

    Returns:
        Two columns of whole numbers, (thresholds + 1,).

    Raises:
        ValueError: columns of different lengths, a label that is not 0 or 1, a score that is NaN.
    """
    label, score = np.asarray(labels), np.asarray(scores, np.float64)
    if label.shape != score.shape or label.ndim != 1:
        msg = f"labels and scores: expected two columns of one length, got shapes {label.shape} and {score.shape}"
        raise ValueError(msg)
    if not np.isin(label, (0, 1)).all():
        msg = f"labels: expected 0 or 1, got {label[~np.isin(label, (0, 1))][0]}; leave out rows without a label"
        raise ValueError(msg)
    if np.isnan(score).any():
        msg = f"scores: expected numbers, got NaN in {np.isnan(score).sum()} rows; leave out rows without a score"
        raise ValueError(msg)
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.diff(score[order], append=np.nan))  # of each run of equal scores
    true_positives = np.cumsum(label[order], dtype=np.int64)[last]
    zero = np.zeros(1, np.int64)
    return np.concatenate([zero, true_positives]), np.concatenate([zero, last + 1])

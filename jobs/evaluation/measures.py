"""Table of the measures that answers are compared by; the higher, the better, except for MASE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.metrics import auc_roc, average_precision


@dataclass(frozen=True)
class Measure:
    """A measure of answers.

    Attributes:
        title: as tables call it.
        of: function of truth (n,), answers (n,) and the threshold over which an answer is positive; of an interval its
            ends (n, 2) instead of answers; of ranks those of the truth (n,) and the last place that counts instead.
        is_relative: figures are divided by that of the first baseline.
        is_of_interval: only the model has a figure, by the interval that its scores are.
        is_of_ranks: answers are ranks of the truth, 1 = the best.
    """

    title: str
    of: Callable[[NDArray[Any], NDArray[np.float64], float], float]
    is_relative: bool = False
    is_of_interval: bool = False
    is_of_ranks: bool = False


def accuracy(truth: NDArray[Any], answers: NDArray[np.float64], threshold: float) -> float:
    """Return the share of rows whose answer is on the side of the threshold that the truth says.

    Args:
        truth: 1 = positive, (n,).
        answers: (n,); over the threshold = positive.
        threshold: the greatest answer that is still negative.

    Example:
        >>> accuracy(np.array([1, 0, 1, 0]), np.array([0.9, 0.2, 0.5, 0.7]), 0.5)
        0.5
    """
    return float(np.mean((answers > threshold) == (truth > 0.5)))


def mean_absolute_error(truth: NDArray[Any], answers: NDArray[np.float64], threshold: float) -> float:
    """Return the mean distance of answers from the truth.

    Over that of the seasonal naive forecast on the same rows it is the mean absolute scaled error, MASE.

    Source: Hyndman and Koehler, Another look at measures of forecast accuracy, International Journal of Forecasting
    22 (2006), whose scale is the naive error in sample; here it is that of the rows that are measured.

    Example:
        >>> mean_absolute_error(np.array([1.0, 5.0]), np.array([2.0, 2.0]), 0.0)
        2.0
    """
    del threshold
    return float(np.mean(np.abs(answers - truth)))


def coverage(truth: NDArray[Any], ends: NDArray[np.float64], threshold: float) -> float:
    """Return the share of truths within their intervals.

    Args:
        truth: (n,).
        ends: lower and upper ends, (n, 2).
        threshold: of no meaning here.

    Example:
        >>> coverage(np.array([1.0, 5.0]), np.array([[0.0, 2.0], [1.0, 4.0]]), 0.0)
        0.5
    """
    del threshold
    return float(np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1])))


def recall(truth: NDArray[Any], ranks: NDArray[np.float64], last: float) -> float:
    """Return the share of rows whose truth is among the first places.

    Args:
        truth: of no meaning here.
        ranks: rank of the truth, 1 = the best, infinite = none, (n,).
        last: the last place that counts.

    Example:
        >>> recall(np.zeros(4), np.array([1.0, 3.0, 11.0, np.inf]), 10)
        0.5
    """
    del truth
    return float(np.mean(ranks <= last))


def ndcg(truth: NDArray[Any], ranks: NDArray[np.float64], last: float) -> float:
    """Return the normalised discounted cumulative gain: the mean of 1 / log2(1 + rank), 0 past the last place.

    Each row has one truth, so the ideal gain, by which others divide, is 1.

    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM Transactions on Information
    Systems 20 (2002).

    Args:
        truth: of no meaning here.
        ranks: rank of the truth, 1 = the best, infinite = none, (n,).
        last: the last place that counts.

    Example:
        >>> ndcg(np.zeros(4), np.array([1.0, 3.0, 11.0, np.inf]), 10)
        0.375
    """
    del truth
    return float(np.mean(np.where(ranks <= last, 1 / np.log2(1 + ranks), 0.0)))


MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {
        "accuracy": Measure("accuracy", accuracy),
        "auc_roc": Measure("AUC ROC", lambda truth, answers, threshold: auc_roc(truth > 0.5, answers)),
        "average_precision": Measure(
            "average precision", lambda truth, answers, threshold: average_precision(truth > 0.5, answers)
        ),
        "mase": Measure("MASE", mean_absolute_error, is_relative=True),
        "coverage": Measure("coverage of the interval", coverage, is_of_interval=True),
        "recall": Measure("recall of the top classes", recall, is_of_ranks=True),
        "ndcg": Measure("NDCG of the top classes", ndcg, is_of_ranks=True),
    }
)
"""By name in ``job.evaluation.measures``."""

"""Table of the measures that answers are compared by; the higher, the better, but for MASE."""

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
            ends (n, 2) instead of answers.
        is_relative: figures are divided by that of the first baseline.
        is_of_interval: only the model has a figure, by the interval that its scores are.
    """

    title: str
    of: Callable[[NDArray[Any], NDArray[np.float64], float], float]
    is_relative: bool = False
    is_of_interval: bool = False


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


MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {
        "accuracy": Measure("accuracy", accuracy),
        "auc_roc": Measure("AUC ROC", lambda truth, answers, threshold: auc_roc(truth > 0.5, answers)),
        "average_precision": Measure(
            "average precision", lambda truth, answers, threshold: average_precision(truth > 0.5, answers)
        ),
        "mase": Measure("MASE", mean_absolute_error, is_relative=True),
        "coverage": Measure("coverage of the interval", coverage, is_of_interval=True),
    }
)
"""By name in ``job.evaluation.measures``."""

"""Table of the measures that answers are compared by; the higher, the better."""

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
        of: function of truth (n,), answers (n,) and the threshold over which an answer is positive.
    """

    title: str
    of: Callable[[NDArray[Any], NDArray[np.float64], float], float]


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


MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {
        "accuracy": Measure("accuracy", accuracy),
        "auc_roc": Measure("AUC ROC", lambda truth, answers, threshold: auc_roc(truth > 0.5, answers)),
        "average_precision": Measure(
            "average precision", lambda truth, answers, threshold: average_precision(truth > 0.5, answers)
        ),
    }
)
"""By name in ``job.evaluation.measures``."""

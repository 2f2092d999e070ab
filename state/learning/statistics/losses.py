"""Losses of predictions, row by row, by kind of prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Task: TypeAlias = Literal["binary", "classes", "sign", "numbers"]
Loss: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
_LEAST = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Losses:
    """The losses of a task.

    Attributes:
        by_name: loss of each row, (n,), from predictions and targets; the first is the one to compare models by.
        shift: loss of each row between 0 and 1, where 0 is right: for detectors of change.
    """

    by_name: Mapping[str, Loss]
    shift: Loss

    @property
    def main(self) -> Loss:
        """The loss to compare models by."""
        return next(iter(self.by_name.values()))


def log_loss(chances: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return −ln of the chance that a prediction gave to what came true, at most 36.

    Args:
        chances: chance of a positive, (n,), or of each class, (n, classes).
        targets: 0 or 1, or the number of the class, (n,).

    Example:
        >>> log_loss(np.array([0.5, 0.0]), np.array([1.0, 0.0])).round(3).tolist()
        [0.693, 0.0]
    """
    losses: NDArray[np.float64] = np.abs(np.log(np.clip(_of_truth(chances, targets), _LEAST, 1.0)))
    return losses


def brier_score(chances: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (p − y)² of two classes, or its sum over the classes where there are more.

    Source: Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78, 1950.
    """
    if chances.ndim == 1:
        return squared_error(chances, targets)
    gaps = chances - (np.arange(chances.shape[1]) == targets[:, np.newaxis])
    total: NDArray[np.float64] = (gaps * gaps).sum(axis=1)
    return total


def error_rate(chances: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 where the likelier class did not come true, else 0; a chance of one half is a negative."""
    said = chances > 0.5 if chances.ndim == 1 else chances.argmax(axis=1)
    wrong: NDArray[np.float64] = (said != targets).astype(np.float64)
    return wrong


def squared_error(predictions: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (prediction − target)²."""
    gaps = predictions - targets
    squares: NDArray[np.float64] = gaps * gaps
    return squares


def absolute_error(predictions: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return |prediction − target|."""
    errors: NDArray[np.float64] = np.abs(predictions - targets)
    return errors


def _doubt(chances: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance that a prediction gave to what did not come true."""
    doubt: NDArray[np.float64] = np.clip(1.0 - _of_truth(chances, targets), 0.0, 1.0)
    return doubt


def saturated_error(
    predictions: NDArray[np.float64], targets: NDArray[np.float64], scale: float = 1.0
) -> NDArray[np.float64]:
    """Return e/(scale + e) of the absolute error e, which is one half at an error of `scale`."""
    errors = absolute_error(predictions, targets)
    shares: NDArray[np.float64] = errors / (scale + errors)
    return shares


def _of_truth(chances: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    if chances.ndim == 1:
        return np.where(targets == 1, chances, 1.0 - chances)
    found: NDArray[np.float64] = chances[np.arange(len(chances)), targets.astype(np.int64)]
    return found


LOSSES: Mapping[Task, Losses] = {
    "binary": Losses({"log_loss": log_loss, "brier_score": brier_score, "error_rate": error_rate}, _doubt),
    "classes": Losses({"log_loss": log_loss, "brier_score": brier_score, "error_rate": error_rate}, _doubt),
    "sign": Losses({"error_rate": error_rate}, error_rate),
    "numbers": Losses({"mse": squared_error, "mae": absolute_error}, saturated_error),
}
"""Losses by task: chances of a positive, chances of classes, 0 or 1 itself, numbers."""

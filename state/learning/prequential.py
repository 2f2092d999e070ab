"""Prequential evaluation: each row is predicted, then learnt, and the losses of its prediction fade with later rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from state.learning.statistics.faded_auc import BUCKETS, area, buckets_of
from state.learning.statistics.fading_sums import FadingSums
from state.learning.statistics.losses import LOSSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learning.statistics.losses import Task


class Prequential:
    """Faded means of the losses of predictions, which were made before their rows were learnt.

    Pα(n) = Σ αⁿ⁻ⁱ·wᵢ·Lᵢ / Σ αⁿ⁻ⁱ·wᵢ, over the rows that have a prediction, a target and a weight over 0. Chances of
    a positive have an area under the ROC curve, too, from 48 buckets of the score.

    Source: Gama, Sebastião, Rodrigues, On evaluating stream learning algorithms, Machine Learning 90, 2013,
    doi 10.1007/s10994-012-5320-9.

    Args:
        task: kind of prediction, as in `LOSSES`.
        fading: α, over 0 to 1; 1/(1 − α) rows is how far back it looks, and 1 fades nothing.

    Raises:
        ValueError: the factor is out of range.

    Example:
        >>> quality = Prequential("numbers", fading=1.0)
        >>> quality.update(np.array([1.0, 2.0]), np.array([1.0, 4.0])).tolist(), quality.metrics()["mae"]
        ([0.0, 4.0], 1.0)
    """

    def __init__(self, task: Task, *, fading: float = 0.999) -> None:
        self._task = task
        self._losses = LOSSES[task].by_name
        self._width = 1 + len(self._losses)
        self._sums = FadingSums(self._width + 2 * BUCKETS * (task == "binary"), fading)

    @property
    def rows(self) -> int:
        """Rows evaluated so far, each as one."""
        return self._sums.rows

    def update(
        self,
        predictions: NDArray[np.float64],
        targets: NDArray[np.float64],
        weights: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Take rows in order, and return the main loss of each, (n,); NaN where it is not evaluated.

        Args:
            predictions: predictions from before the rows were learnt, (n,), or (n, classes).
            targets: targets, (n,); NaN: none.
            weights: weights of the rows, (n,); 1 without.
        """
        counted = np.ones(len(targets)) if weights is None else weights
        finite = np.isfinite(predictions) if predictions.ndim == 1 else np.isfinite(predictions).all(axis=1)
        is_there = finite & np.isfinite(targets) & (counted > 0)
        losses = np.full(len(targets), np.nan)
        losses[is_there] = self._add(predictions[is_there], targets[is_there], counted[is_there])
        return losses

    def _add(
        self, predictions: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        by_name = [loss(predictions, targets) for loss in self._losses.values()]
        columns = [weights, *(weights * losses for losses in by_name)]
        cells = np.broadcast_to(np.arange(self._width), (len(targets), self._width))
        if self._task == "binary":
            places = self._width + BUCKETS * (targets == 1) + buckets_of(predictions)
            cells, columns = np.column_stack([cells, places]), [*columns, weights]
        self._sums.add(cells, np.column_stack(columns))
        return by_name[0]

    def metrics(self) -> dict[str, float]:
        """Return faded means by name, as far as they apply; NaN: not computable yet.

        They are ``log_loss``, ``brier_score``, ``error_rate`` and ``accuracy`` of chances, also ``auc_roc`` and the
        most by which it is off, ``auc_roc_error``, of chances of a positive; ``error_rate`` and ``accuracy`` of signs;
        ``mse``, ``mae`` and ``rmse`` of numbers.
        """
        totals = self._sums.totals
        means = (totals[1 : self._width] / totals[0]).tolist() if self.rows else [math.nan] * len(self._losses)
        found: dict[str, float] = dict(zip(self._losses, means, strict=True))
        if "error_rate" in found:
            found["accuracy"] = 1.0 - found["error_rate"]
        if "mse" in found:
            found["rmse"] = math.sqrt(found["mse"])
        if self._task == "binary":
            found["auc_roc"], found["auc_roc_error"] = area(totals[self._width :].reshape(2, BUCKETS))
        return found

    def to_bytes(self) -> bytes:
        """Return the state, below 1 KB."""
        return self._sums.to_bytes()

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version, task or fading factor.
        """
        self._sums.restore(data)

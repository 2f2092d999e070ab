"""A linear model of a sample, fitted with numpy alone, and how it does on later events that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobs.errors import fail
from models.learned.linear import LearnedLinear
from models.metrics import auc_roc

# Enough to hold a column back that is all but constant, and little beside some hundred rows.
_RIDGE = 1.0
_ROUNDS = 50
_SMALLEST_STEP = 1e-8
_LEAST_ROWS = 20
_TRAINED = 0.8
# Standard deviations up to which a feature counts: one odd value must not decide alone.
_CLIP = 5.0


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A model with its figures.

    Attributes:
        model: fitted on the earlier events.
        trained: rows that it was fitted on; the first of the sample in the order of time.
        held_out: rows after these.
        figures: ``auc_roc``, or ``mean_absolute_error`` beside ``mean_absolute_error_of_mean``, of the rows held out;
            NaN = the rows do not say.
    """

    model: LearnedLinear
    trained: int
    held_out: int
    figures: dict[str, float]

    @property
    def text(self) -> str:
        """The figures in a line."""
        rows = f"{self.held_out:,} later events that it has not seen"
        if self.model.link == "logistic":
            auc = self.figures["auc_roc"]
            return f"AUC {auc:.3f} on {rows} (0.5 is chance)" if np.isfinite(auc) else f"no AUC: one class among {rows}"
        error, other = self.figures["mean_absolute_error"], self.figures["mean_absolute_error_of_mean"]
        return f"mean absolute error {error:.4g} on {rows} (their mean from before: {other:.4g})"


def fit_linear(matrix: NDArray[np.float32], truth: NDArray[np.float64], names: tuple[str, ...]) -> FittedModel:
    """Fit a logistic regression where the truth is 0 and 1, else a least-squares one, on the first four fifths.

    Null rule: a missing value counts as the feature's mean.

    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, 3.4.1 (ridge) and 4.4.1
    (iteratively reweighted least squares).

    Args:
        matrix: features in the order of time, (n, k).
        truth: labels, (n,).
        names: names of the k columns.

    Raises:
        JobError: there are too few rows, or all have the same label.
    """
    cut = int(len(truth) * _TRAINED)
    if len(truth) < _LEAST_ROWS:
        fail("label", f"expected at least {_LEAST_ROWS} events that have one, got {len(truth)}", "give a larger sample")
    if np.ptp(truth[:cut]) == 0:
        fail("label", f"expected different values, got {truth[0]:g} in all of the first {cut}", "give a larger sample")
    is_binary = bool(np.isin(truth, (0, 1)).all())
    mean, scale = _moments(matrix[:cut].astype(np.float64))
    unfitted = LearnedLinear(
        features=names,
        weights=np.zeros((len(names), 1)),
        bias=np.zeros(1),
        link="logistic" if is_binary else "identity",
        mean=mean,
        scale=scale,
        clip=_CLIP,
        classes=("0", "1") if is_binary else (),
    )
    design = np.column_stack([np.ones(cut), unfitted.standardised(matrix[:cut])])
    weights = (_logistic if is_binary else _least_squares)(design, truth[:cut])
    model = replace(unfitted, weights=weights[1:, None], bias=weights[:1])
    return FittedModel(model, cut, len(truth) - cut, _figures(model, matrix[cut:], truth[cut:], truth[:cut].mean()))


def _moments(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of each column, (k,) each; 0 and 0 for one without a value."""
    known = np.isfinite(matrix)
    counts = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, matrix, 0).sum(axis=0) / counts
    spread = np.where(known, matrix - mean, 0)
    return mean, np.sqrt((spread**2).sum(axis=0) / counts)


def _least_squares(design: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.solve(design.T @ design + _penalty(design), design.T @ truth))


def _logistic(design: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (truth - chance) - _penalty(design) @ weights
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + _penalty(design)
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < _SMALLEST_STEP:
            break
    return weights


def _penalty(design: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ridge on all weights but the bias, which stands first, (k + 1, k + 1)."""
    return np.diag([0.0, *[_RIDGE] * (design.shape[1] - 1)])


def _figures(
    model: LearnedLinear, matrix: NDArray[np.float32], truth: NDArray[np.float64], usual: float
) -> dict[str, float]:
    predictions = model.predict(matrix)
    if model.link == "logistic":
        return {"auc_roc": auc_roc(truth, predictions)}
    return {
        "mean_absolute_error": float(np.abs(truth - predictions).mean()),
        "mean_absolute_error_of_mean": float(np.abs(truth - usual).mean()),
    }

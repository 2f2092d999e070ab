"""Quality of the predictions of one group of rows: ranking, loss and calibration."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from models.metrics import auc_roc, average_precision
from state.drift.quality.calibration import Calibration
from state.learning.statistics.losses import brier_score, log_loss
from udfs.features.errors import FeatureError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

EVALUATION_COLUMNS = (
    ("auc", "DOUBLE"),
    ("average_precision", "DOUBLE"),
    ("log_loss", "DOUBLE"),
    ("brier", "DOUBLE"),
    ("calibration_ratio", "DOUBLE"),
    ("calibration_error", "DOUBLE"),
    ("rows", "BIGINT"),
    ("positives", "BIGINT"),
    ("skipped", "BIGINT"),
    ("reason", "STRING"),
)
"""Name and SQL type of each field of an evaluation."""

FUNCTION = "gress_evaluate"

_NOTHING: Mapping[str, Any] = MappingProxyType({name: None for name, _ in EVALUATION_COLUMNS})
_NO_OUTCOME = "no row has both a label and a prediction"
_ONE_CLASS = "all labels are {:g}, so there is nothing to rank"
_NO_CHANCES = "a prediction is {:g}, which is no chance 0..1: only the ranking is measured"


def evaluate(labels: NDArray[np.float64], predictions: NDArray[np.float64]) -> dict[str, Any]:
    """Return the figures of ``EVALUATION_COLUMNS`` for one group of rows.

    Rows that lack a label or a prediction are skipped, and counted. Figures that cannot be had are None, and ``reason``
    says why: the ranking where all rows are of one class, the others where a prediction is no chance.

    Args:
        labels: 0 or 1, (n,); NaN is no label.
        predictions: chance of a positive, (n,), or any number that is higher for likelier ones; NaN is none.

    Raises:
        FeatureError: a label is neither 0 nor 1.

    Example:
        >>> found = evaluate(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8]))
        >>> found["auc"], round(found["average_precision"], 4), found["rows"], found["reason"]
        (0.75, 0.8333, 4, None)
    """
    is_known = ~np.isnan(labels) & ~np.isnan(predictions)
    truth, said = labels[is_known], predictions[is_known]
    wrong = labels[~np.isin(labels, (0, 1)) & ~np.isnan(labels)]
    if len(wrong):
        hint = "map the classes to 0 and 1, and NULL where the outcome is not known"
        raise FeatureError(FUNCTION, "labels 0 or 1", f"{wrong[0]:g}", hint)
    found = {**_NOTHING, "rows": len(truth), "positives": int(truth.sum()), "skipped": len(labels) - len(truth)}
    if not len(truth):
        return {**found, "reason": _NO_OUTCOME}
    reasons = []
    if truth.min() == truth.max():
        reasons.append(_ONE_CLASS.format(truth[0]))
    else:
        found |= {"auc": auc_roc(truth, said), "average_precision": average_precision(truth, said)}
    if ((said >= 0) & (said <= 1)).all():
        found |= _of_chances(truth, said)
    else:
        reasons.append(_NO_CHANCES.format(said[(said < 0) | (said > 1)][0]))
    return {**found, "reason": "; ".join(reasons) or None}


def _of_chances(truth: NDArray[np.float64], said: NDArray[np.float64]) -> dict[str, float | None]:
    """Return the figures that take predictions as chances."""
    calibration = Calibration()
    calibration.update(said, truth)
    positives = float(truth.sum())
    return {
        "log_loss": float(log_loss(said, truth).mean()),
        "brier": float(brier_score(said, truth).mean()),
        "calibration_ratio": math.fsum(said) / positives if positives else None,
        "calibration_error": calibration.error,
    }

"""Checks and answers of scikit-learn estimators, among them those of LightGBM and XGBoost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.agreement import ReferenceScores, sample_rows


def task_of(model: Any) -> str:
    """Return the task as in model.json.

    Raises:
        ValueError: the model is neither classifier nor regressor, gives no probabilities, or has labels that ONNX
            cannot store.
    """
    from sklearn.base import is_classifier, is_regressor

    name = type(model).__name__
    if is_regressor(model):
        return "regression"
    if not is_classifier(model):
        msg = f"{name}: expected a classifier or a regressor, got neither; end the pipeline in one"
        raise ValueError(msg)
    if not hasattr(model, "predict_proba"):
        msg = f"{name}: expected a classifier with predict_proba, got none; wrap it in CalibratedClassifierCV"
        raise ValueError(msg)
    if not _has_plain_labels(model.classes_):
        msg = f"{name}: expected labels that are whole numbers or text, got {model.classes_!r}; fit it with such"
        raise ValueError(msg)
    return "binary" if len(model.classes_) == 2 else "multiclass"


def check_columns(model: Any, columns: Sequence[str], trained_on: Sequence[str] | None) -> None:
    """Refuse columns other than those that the model was trained on.

    Args:
        model: a fitted estimator.
        columns: names of the k columns.
        trained_on: the names stored in the model; None = it has none.

    Raises:
        ValueError: the number of columns differs, or a column is in the wrong place.
    """
    name, k = type(model).__name__, int(model.n_features_in_)
    if len(columns) != k:
        msg = f"{name}: expected {k} columns, got {len(columns)}; give those it was trained on, in order"
        raise ValueError(msg)
    for i, (want, got) in enumerate(zip(columns if trained_on is None else trained_on, columns, strict=True)):
        if want != got:
            msg = f"{name}: expected column {i} to be {want!r}, got {got!r}; give those it was trained on, in order"
            raise ValueError(msg)


def answers_of(model: Any, check: NDArray[np.float32], columns: Sequence[str], tolerance: float) -> ReferenceScores:
    """Return the answers of a fitted estimator for rows (n, k)."""
    from sklearn.base import is_classifier

    rows = sample_rows(check, len(columns))
    given = _as_trained(model, rows.astype(np.float64), columns)
    predicted = np.asarray(model.predict(given))
    if not is_classifier(model):
        return ReferenceScores(rows, predicted.astype(np.float64).reshape(len(rows), -1)[:, 0], None, tolerance)
    probabilities = np.asarray(model.predict_proba(given), dtype=np.float64)
    return ReferenceScores(rows, probabilities, label_texts(predicted), tolerance)


def _has_plain_labels(classes: Any) -> bool:
    kind = getattr(classes, "dtype", np.dtype(bool)).kind  # a model of several outputs has a list of classes for each
    return kind in "iUO" or (kind == "f" and bool(np.all(classes == np.rint(classes))))


def label_texts(labels: NDArray[Any]) -> NDArray[np.object_]:
    """Return labels as the file names them; ONNX has whole numbers and text only."""
    whole = labels.astype(np.int64) if labels.dtype.kind == "f" else labels
    return whole.astype(str).astype(object)


def _as_trained(model: Any, rows: NDArray[np.float64], columns: Sequence[str]) -> Any:
    """Return a data frame if the model was trained on one, because it warns of anything else."""
    if getattr(model, "feature_names_in_", None) is None:
        return rows
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))

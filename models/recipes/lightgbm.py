"""LightGBM to ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.agreement import ReferenceScores, sample_rows
from models.recipes.conversion import converting
from models.recipes.estimator import answers_of, check_columns, task_of
from models.recipes.model_file import check_suffix, write_model

_OPSET = 15  # the highest that onnxmltools writes for trees
_TASKS = {"binary": "binary", "multiclass": "multiclass", "regression": "regression", "regression_l1": "regression"}


def to_onnx(
    model: Any,
    columns: Sequence[str],
    path: Path,
    *,
    check: NDArray[np.float32] | None = None,
    tolerance: float = 1e-4,
) -> None:
    """Write a fitted LGBMClassifier or LGBMRegressor as ONNX.

    The file treats NaN as LightGBM does.

    Args:
        model: a fitted model; a classifier gives a label and probabilities (n, c), a regressor one value.
        columns: names of the k columns, in the order of the training.
        path: path of the file; ends in .onnx.
        check: rows float32 (n, k) that the file must score as the model does.
        tolerance: largest difference, relative to the largest answer.

    Raises:
        ValueError: the model, its columns or the rows do not fit.
        ModelError: the file answers differently.

    Source: https://github.com/onnx/onnxmltools
    """
    check_suffix(path, ".onnx")
    task = task_of(model)
    check_columns(model, columns, _trained_on(model, columns))
    _check_booster(model)
    answers = None if check is None else answers_of(model, check, columns, tolerance)
    content = _convert(model, len(columns))
    write_model(content, path, task=task, width=len(columns), columns=columns, answers=answers)


def booster_to_onnx(
    booster: Any,
    columns: Sequence[str],
    path: Path,
    *,
    check: NDArray[np.float32] | None = None,
    tolerance: float = 1e-4,
) -> None:
    """Write a Booster, as a text file of LightGBM holds it, as ONNX; its classes are 0, 1 and so on.

    Args:
        booster: a trained Booster.
        columns: names of the k columns, in the order of the training.
        path: path of the file; ends in .onnx.
        check: rows float32 (n, k) that the file must score as the booster does.
        tolerance: largest difference, relative to the largest answer.

    Raises:
        ValueError: the booster, its columns or the rows do not fit.
        ModelError: the file answers differently.
    """
    check_suffix(path, ".onnx")
    params = booster.params
    task = _TASKS.get(str(params.get("objective", "")).split()[0] if params.get("objective") else "")
    if task is None:
        msg = f"Booster: expected objective {', '.join(_TASKS)}, got {params.get('objective')!r}; train it with one"
        raise ValueError(msg)
    if params.get("boosting") == "rf" or params.get("zero_as_missing"):
        msg = "Booster: expected boosting 'gbdt' or 'dart' without zero_as_missing; train it so"
        raise ValueError(msg)
    if booster.num_feature() != len(columns):
        msg = f"Booster: expected {booster.num_feature()} columns, got {len(columns)}; give those it was trained on"
        raise ValueError(msg)
    answers = None
    if check is not None:
        rows = sample_rows(check, len(columns))
        values = np.asarray(booster.predict(rows.astype(np.float64)), dtype=np.float64)
        values = np.column_stack([1 - values, values]) if task == "binary" else values
        answers = ReferenceScores(rows, values, None, tolerance)
    write_model(_convert(booster, len(columns)), path, task=task, width=len(columns), columns=columns, answers=answers)


def _trained_on(model: Any, columns: Sequence[str]) -> Sequence[str] | None:
    """Return the column names stored in the model; None if they are numbers, or equal except for blanks.

    LightGBM numbers the columns of a matrix, and replaces blanks in names by underscores.
    """
    names = list(model.feature_name_)
    if names == [f"Column_{i}" for i in range(len(names))] or names == [name.replace(" ", "_") for name in columns]:
        return None
    return names


def _check_booster(model: Any) -> None:
    """Refuse models that the converter gets wrong: it divides a forest's trees by 100 and ignores missing zeros."""
    name = type(model).__name__
    params = {**model.get_params(), **model.booster_.params}
    if params.get("boosting", params.get("boosting_type")) == "rf":
        msg = f"{name}: expected boosting_type 'gbdt' or 'dart', got 'rf'; train gradient-boosted trees"
        raise ValueError(msg)
    if params.get("zero_as_missing"):
        msg = f"{name}: expected zero_as_missing=False, got True; train it with NaN where a value is missing"
        raise ValueError(msg)


def _convert(model: Any, width: int) -> bytes:
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    types = [("X", FloatTensorType([None, width]))]
    with converting(model, "see https://github.com/onnx/onnxmltools"):
        onnx = convert_lightgbm(model, name="model", initial_types=types, zipmap=False, target_opset=_OPSET)
    for output in onnx.graph.output:  # the converter declares one label for any number of rows
        output.type.tensor_type.shape.dim[0].dim_param = "n"
    return bytes(onnx.SerializeToString())

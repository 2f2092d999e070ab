"""scikit-learn to ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.conversion import converting
from models.recipes.estimator import answers_of, check_columns, task_of
from models.recipes.model_file import check_suffix, write_model

# ONNX Runtime 1.17 and later can read these.
_OPSETS = {"": 17, "ai.onnx.ml": 3}


def to_onnx(
    model: Any,
    columns: Sequence[str],
    path: Path,
    *,
    check: NDArray[np.float32] | None = None,
    tolerance: float = 1e-4,
) -> None:
    """Write a fitted classifier, regressor or pipeline of numeric columns as ONNX.

    The file computes in float32, scikit-learn mostly in float64. Columns of large numbers with small differences,
    such as epoch times, lose these differences. A ColumnTransformer must pick its columns by position, because a
    matrix has no names. Use NaN only with imputers and histogram gradient boosting: the converter sends it down the
    wrong branch in trees and forests.

    Args:
        model: a fitted model; a classifier gives a label and probabilities (n, c), a regressor one value.
        columns: names of the k columns, in the order of the training.
        path: path of the file; ends in .onnx.
        check: rows float32 (n, k) that the file must score as the model does.
        tolerance: largest difference, relative to the largest answer.

    Raises:
        ValueError: the model, its columns or the rows do not fit.
        ModelError: the model cannot be converted, or the file answers differently.

    Source: https://onnx.ai/sklearn-onnx/
    """
    check_suffix(path, ".onnx")
    task = task_of(model)
    check_columns(model, columns, getattr(model, "feature_names_in_", None))
    answers = None if check is None else answers_of(model, check, columns, tolerance)
    content = _convert(model, len(columns), task)
    write_model(content, path, task=task, width=len(columns), columns=columns, answers=answers)


def _convert(model: Any, width: int, task: str) -> bytes:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    # The default, maps from class to probability, takes far longer to score than a matrix.
    options = None if task == "regression" else {"zipmap": False}
    types = [("X", FloatTensorType([None, width]))]
    with converting(model, "see https://onnx.ai/sklearn-onnx/supported.html"):
        onnx = convert_sklearn(model, "model", types, options=options, target_opset=_OPSETS)
    return bytes(onnx.SerializeToString())

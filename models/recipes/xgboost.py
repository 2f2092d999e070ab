"""XGBoost to ONNX."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.conversion import converting
from models.recipes.estimator import answers_of, check_columns, task_of
from models.recipes.model_file import check_suffix, write_model

_OPSET = 15  # the highest that onnxmltools writes for trees

# For these objectives the converter leaves out the last step, from margin to answer.
_INSTEAD = {
    "multi:softmax": "train with 'multi:softprob'",
    "reg:logistic": "train an XGBClassifier, 'binary:logistic'",
}


def to_onnx(
    model: Any,
    columns: Sequence[str],
    path: Path,
    *,
    check: NDArray[np.float32] | None = None,
    tolerance: float = 1e-4,
) -> None:
    """Write a fitted XGBClassifier or XGBRegressor of gradient-boosted trees as ONNX.

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
    check_columns(model, columns, model.get_booster().feature_names)
    _check_booster(model)
    answers = None if check is None else answers_of(model, check, columns, tolerance)
    content = _convert(model, len(columns))
    write_model(content, path, task=task, width=len(columns), columns=columns, answers=answers)


def _check_booster(model: Any) -> None:
    """Refuse models that the converter would convert wrongly without an error."""
    name, learner = type(model).__name__, json.loads(model.get_booster().save_config())["learner"]
    booster, objective = learner["gradient_booster"]["name"], learner["objective"]["name"]
    if booster != "gbtree":  # the converter knows neither linear models nor the weights of dropped trees
        msg = f"{name}: expected booster 'gbtree', got {booster!r}; train gradient-boosted trees"
        raise ValueError(msg)
    parallel = learner["gradient_booster"]["gbtree_model_param"]["num_parallel_tree"]
    if parallel != "1":  # the converter takes each tree for a round
        msg = f"{name}: expected num_parallel_tree=1, got {parallel}; train gradient-boosted trees"
        raise ValueError(msg)
    if objective in _INSTEAD:
        msg = f"{name}: expected an objective the converter knows, got {objective!r}; {_INSTEAD[objective]}"
        raise ValueError(msg)
    if not np.isnan(model.missing):
        msg = f"{name}: expected missing=nan, got {model.missing}; train it with NaN where a value is missing"
        raise ValueError(msg)


def _convert(model: Any, width: int) -> bytes:
    from onnxmltools import convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    # The converter finds columns by position and accepts only the names f0, f1, ...
    numbered = copy.deepcopy(model)
    numbered.get_booster().feature_names = [f"f{i}" for i in range(width)]
    types = [("X", FloatTensorType([None, width]))]
    with converting(model, "see https://github.com/onnx/onnxmltools"):
        onnx = convert_xgboost(numbered, name="model", initial_types=types, target_opset=_OPSET)
    return bytes(onnx.SerializeToString())

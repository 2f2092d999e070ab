"""Gradient-boosted trees, as ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SETTINGS = {
    "objective": "binary",
    "n_estimators": 300,
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_child_samples": 200,
    "subsample": 0.5,
    "subsample_freq": 1,
    "colsample_bytree": 0.5,
    "reg_lambda": 1.0,
    "deterministic": True,
    "force_row_wise": True,
    "n_jobs": 2,
    "verbose": -1,
}


def train_trees(
    features: NDArray[np.float32],
    label: NDArray[np.int64],
    columns: tuple[str, ...],
    path: Path,
    *,
    seed: int = 0,
) -> None:
    """Trains them and writes the model file."""
    from lightgbm import LGBMClassifier
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    model = LGBMClassifier(**SETTINGS, random_state=seed)
    model.fit(features, label)
    onnx = convert_lightgbm(
        model,
        name="fraud",
        initial_types=[("X", FloatTensorType([None, len(columns)]))],
        zipmap=False,
        target_opset=15,
    )
    for output in onnx.graph.output:  # the converter declares one label, whatever the number of rows
        output.type.tensor_type.shape.dim[0].dim_param = "n"
    path.write_bytes(onnx.SerializeToString())

"""Gradient-boosted trees, as ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.recipes.lightgbm import to_onnx

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
    """Train the trees and write the model file."""
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(**SETTINGS, random_state=seed)
    model.fit(features, label)
    to_onnx(model, columns, path)

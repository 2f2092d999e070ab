"""A logistic regression on standardised features, as ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.recipes.scikit_learn import to_onnx


def train_logistic(
    features: NDArray[np.float32], label: NDArray[np.int64], columns: tuple[str, ...], path: Path
) -> None:
    """Train the model and write its file; the scaling is part of the model."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    model.fit(features.astype(np.float64), label)
    to_onnx(model, columns, path)

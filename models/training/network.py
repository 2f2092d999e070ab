"""A small dense network, as TFLite."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.recipes.keras import to_tflite

_HIDDEN = (64, 32)
_EPOCHS, _BATCH = 8, 1_024


def train_network(
    features: NDArray[np.float32],
    label: NDArray[np.int64],
    columns: tuple[str, ...],
    path: Path,
    *,
    seed: int = 0,
) -> None:
    """Train the model and write its file; the scaling is part of the model."""
    import tensorflow as tf

    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    scaling = tf.keras.layers.Normalization(
        mean=features.mean(axis=0, dtype=np.float64), variance=features.var(axis=0, dtype=np.float64)
    )
    hidden = [tf.keras.layers.Dense(width, activation="relu") for width in _HIDDEN]
    model = tf.keras.Sequential(
        [tf.keras.Input((len(columns),)), scaling, *hidden, tf.keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer=tf.keras.optimizers.Adam(1e-3), loss="binary_crossentropy")
    model.fit(features, label.astype(np.float32), batch_size=_BATCH, epochs=_EPOCHS, verbose=0)
    to_tflite(model, path)

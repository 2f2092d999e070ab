"""A logistic model small enough to be computed by hand, which has no score for an amount of 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.models.sample_models import sigmoid, write_onnx

WEIGHTS = np.array([[0.01], [0.2], [-0.05], [0.004], [2.0], [0.1]], dtype=np.float32)
BIAS = np.array([-1.0], dtype=np.float32)


def write_model(folder: Path, *, width: int = len(WEIGHTS)) -> Path:
    """Write the model of a column of amounts and ``width - 1`` others."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["p"]),
        # log(0) * 0 is not a number
        helper.make_node("Slice", ["x", "from", "to", "axis"], ["amount"]),
        helper.make_node("Log", ["amount"], ["log"]),
        helper.make_node("Mul", ["log", "zero"], ["nothing"]),
        helper.make_node("Add", ["p", "nothing"], ["score"]),
    ]
    constants = {
        "w": np.resize(WEIGHTS, (width, 1)),
        "b": BIAS,
        "from": np.array([0]),
        "to": np.array([1]),
        "axis": np.array([1]),
        "zero": np.zeros(1, dtype=np.float32),
    }
    folder.mkdir(parents=True, exist_ok=True)
    ports = [("x", TensorProto.FLOAT, ["n", width])], [("score", TensorProto.FLOAT, ["n", 1])]
    return write_onnx(folder, nodes, *ports, constants)


def expected_score(features: np.ndarray) -> np.ndarray:
    """Return the score of each row of features, NaN where the amount is 0."""
    scores = sigmoid(features @ WEIGHTS.astype(float) + BIAS.astype(float)).ravel()
    return np.where(features[:, 0] == 0, np.nan, scores)

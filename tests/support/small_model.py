"""A logistic model small enough to be computed by hand, which has no score for an amount of 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.inspect import spec_from_file
from models.spec import spec_text
from tests.support.sample_models import sigmoid, write_onnx

WEIGHTS = np.array([[0.01], [0.2], [-0.05], [0.004], [2.0], [0.1]], dtype=np.float32)
CLASSES = ("honest", "fraud")
BIAS = np.array([-1.0], dtype=np.float32)


def write_model(folder: Path, *, width: int = len(WEIGHTS), has_classes: bool = False) -> Path:
    """Write the model of a column of amounts and ``width - 1`` others.

    Args:
        folder: new or empty.
        width: columns.
        has_classes: give a probability of each class, and say in a ``model.json`` what they are called.
    """
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["p"]),
        # log(0) * 0 is not a number
        helper.make_node("Slice", ["x", "from", "to", "axis"], ["amount"]),
        helper.make_node("Log", ["amount"], ["log"]),
        helper.make_node("Mul", ["log", "zero"], ["nothing"]),
        helper.make_node("Add", ["p", "nothing"], ["fraud"]),
        helper.make_node("Sub", ["one", "fraud"], ["honest"]),
        helper.make_node("Concat", ["honest", "fraud"] if has_classes else ["fraud"], ["score"], axis=1),
    ]
    constants = {
        "w": np.resize(WEIGHTS, (width, 1)),
        "b": BIAS,
        "from": np.array([0]),
        "to": np.array([1]),
        "axis": np.array([1]),
        "zero": np.zeros(1, dtype=np.float32),
        "one": np.ones(1, dtype=np.float32),
    }
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [("x", TensorProto.FLOAT, ["n", width])]
    outputs = [("score", TensorProto.FLOAT, ["n", 1 + has_classes])]
    path = write_onnx(folder, nodes, inputs, outputs, constants)
    if has_classes:
        spec = spec_from_file(path, "fraud-detector", "2.0.0", task="binary", classes=CLASSES)
        path.with_name("model.json").write_text(spec_text(spec), "utf-8")
    return path


def expected_score(features: np.ndarray) -> np.ndarray:
    """Return the score of each row of features, NaN where the amount is 0."""
    weights = np.resize(WEIGHTS, (features.shape[1], 1)).astype(float)
    scores = sigmoid(features @ weights + BIAS.astype(float)).ravel()
    return np.where(features[:, 0] == 0, np.nan, scores)

"""ONNX models that read raw fields of the events, whose answers numpy gives as well."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.sample_models import sigmoid, write_onnx

MERCHANTS = ("acme", "b\u00fccher", "", "zebra")
LARGEST = 2**63 - 1
_WEIGHT = {"acme": 1, "b\u00fccher": 2, "": 3}
W = np.array([[0.5], [-0.25]], dtype=np.float32)


def three_inputs_score(matrix: np.ndarray, merchants: np.ndarray, users: np.ndarray) -> np.ndarray:
    """The answer of the model of three inputs: the last digits of a user count, to 2**63 - 1."""
    texts = np.array([_WEIGHT.get(text, 0) for text in merchants], dtype=float)
    digits = np.array([int(user) % 1000 for user in users], dtype=float) / 1000
    return sigmoid((matrix.astype(float) @ W.astype(float))[:, 0] + texts + digits)


def write_three_inputs(folder: Path, features: int = 2) -> Path:
    """Features, a text and an identifier: `features` float32 (n, k), `merchant` string, `user_id` int64."""
    from onnx import TensorProto, helper

    node = helper.make_node
    weights = np.zeros((features, 1), dtype=np.float32)
    weights[: len(W)] = W[:features]
    nodes = [
        node("MatMul", ["features", "w"], ["z"]),
        _encoder("merchant", "code"),
        node("Mod", ["user_id", "thousand"], ["digits"]),
        node("Cast", ["digits"], ["digits_f"], to=TensorProto.FLOAT),
        node("Div", ["digits_f", "thousand_f"], ["share"]),
        node("Add", ["z", "code"], ["one"]),
        node("Add", ["one", "share"], ["sum"]),
        node("Sigmoid", ["sum"], ["score"]),
    ]
    inputs = [
        ("features", TensorProto.FLOAT, ["n", features]),
        ("merchant", TensorProto.STRING, ["n", 1]),
        ("user_id", TensorProto.INT64, ["n", 1]),
    ]
    constants = {"w": weights, "thousand": np.array([1000]), "thousand_f": np.array([1000], dtype=np.float32)}
    folder.mkdir(parents=True, exist_ok=True)
    return write_onnx(folder, nodes, inputs, [("score", TensorProto.FLOAT, ["n", 1])], constants)


def text_score(merchants: np.ndarray) -> np.ndarray:
    """The answer of the model of a text alone."""
    return sigmoid(np.array([_WEIGHT.get(text, 0) for text in merchants], dtype=float))


def write_text_alone(folder: Path) -> Path:
    """A model of one text: `merchant` string (n,)."""
    from onnx import TensorProto, helper

    nodes = [_encoder("merchant", "code"), helper.make_node("Sigmoid", ["code"], ["score"])]
    inputs = [("merchant", TensorProto.STRING, ["n"])]
    folder.mkdir(parents=True, exist_ok=True)
    return write_onnx(folder, nodes, inputs, [("score", TensorProto.FLOAT, ["n"])], {})


def write_known_texts(folder: Path) -> Path:
    """A model of two features and a text, which fails on every text but two, as OneHotEncoder's default does."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node(
            "OneHotEncoder", ["merchant"], ["hot"], domain="ai.onnx.ml", cats_strings=["acme", "zebra"], zeros=0
        ),
        helper.make_node("Reshape", ["hot", "two"], ["flat"]),
        helper.make_node("Add", ["features", "flat"], ["both"]),
        helper.make_node("MatMul", ["both", "w"], ["score"]),
    ]
    inputs = [("features", TensorProto.FLOAT, ["n", 2]), ("merchant", TensorProto.STRING, ["n", 1])]
    constants = {"w": W, "two": np.array([-1, 2])}
    folder.mkdir(parents=True, exist_ok=True)
    return write_onnx(folder, nodes, inputs, [("score", TensorProto.FLOAT, ["n", 1])], constants)


def _encoder(text: str, code: str) -> object:
    from onnx import helper

    return helper.make_node(
        "LabelEncoder",
        [text],
        [code],
        domain="ai.onnx.ml",
        keys_strings=list(_WEIGHT),
        values_floats=[float(value) for value in _WEIGHT.values()],
        default_float=0.0,
    )

"""ONNX models of three columns, each with one trait, whose answers numpy gives as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from models.inspect import spec_from_file
from models.spec import spec_text
from tests.support.sample_models import sigmoid, write_onnx

Write = Callable[[Path], Path]
WEIGHTS = np.array([[0.5], [-0.25], [0.1]], dtype=np.float32)
TABLE_SIZE = 10


def linear(x: np.ndarray) -> np.ndarray:
    """The answer of the linear model."""
    return sigmoid(np.asarray(x, dtype=np.float32).astype(float) @ WEIGHTS.astype(float)).ravel()


def write_linear(folder: Path) -> Path:
    """A probability of each row: NaN where a column is NaN."""
    return _write(folder, [("MatMul", ["x", "w"], ["z"]), ("Sigmoid", ["z"], ["score"])])


def write_opposite(folder: Path) -> Path:
    """The probability that the linear model leaves."""
    return _write(folder, [("MatMul", ["x", "w"], ["z"]), ("Neg", ["z"], ["less"]), ("Sigmoid", ["less"], ["score"])])


def write_two_values(folder: Path) -> Path:
    """Two values a row, neither of which says that it is the prediction."""
    path = _write(folder, [("MatMul", ["x", "w"], ["score"]), ("Abs", ["score"], ["spread"])])
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load(path)
    model.graph.output[0].name = "mean"
    model.graph.node[0].output[0] = model.graph.node[1].input[0] = "mean"
    model.graph.output.append(helper.make_tensor_value_info("spread", TensorProto.FLOAT, ["n", 1]))
    onnx.save(model, path)
    return path


def write_picky(folder: Path) -> Path:
    """The linear model, which fails on a batch with an amount outside -10 to 9: a table has no such place."""
    nodes = [
        ("MatMul", ["x", "w"], ["z"]),
        ("Slice", ["x", "from", "to", "axis"], ["amount"]),
        ("Cast", ["amount"], ["place"], {"to": 7}),
        ("Gather", ["table", "place"], ["nothing"]),
        ("Add", ["z", "nothing"], ["sum"]),
        ("Sigmoid", ["sum"], ["score"]),
    ]
    constants = {
        "from": np.array([0]),
        "to": np.array([1]),
        "axis": np.array([1]),
        "table": np.zeros(TABLE_SIZE, dtype=np.float32),
    }
    return _write(folder, nodes, constants)


def write_classes(folder: Path, picky: bool = True) -> Path:
    """The picky model as probabilities of two classes, with its model.json."""
    path = write_picky(folder) if picky else write_linear(folder)
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    model.graph.node.extend(
        [
            helper.make_node("Sub", ["one", "score"], ["other"]),
            helper.make_node("Concat", ["other", "score"], ["both"], axis=1),
        ]
    )
    model.graph.initializer.append(numpy_helper.from_array(np.ones(1, dtype=np.float32), "one"))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("both", TensorProto.FLOAT, ["n", 2]))
    onnx.save(model, path)
    spec = spec_from_file(path, "m", "1.0.0", task="binary", classes=("no", "yes"))
    path.with_name("model.json").write_text(spec_text(spec), "utf-8")
    return path


def _write(folder: Path, nodes: list[Any], constants: dict[str, np.ndarray] | None = None) -> Path:
    from onnx import TensorProto, helper

    made = [helper.make_node(node[0], *node[1:3], **(node[3] if len(node) > 3 else {})) for node in nodes]
    inputs, outputs = [("x", TensorProto.FLOAT, ["n", 3])], [("score", TensorProto.FLOAT, ["n", 1])]
    folder.mkdir(parents=True, exist_ok=True)
    return write_onnx(folder, made, inputs, outputs, {"w": WEIGHTS, **(constants or {})})

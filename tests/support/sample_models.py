"""Small model files of every runtime, and their right answers by numpy or scikit-learn alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.spec import ModelSpec

DATA = Path(__file__).parents[1] / "models" / "data"
WEIGHTS: Mapping[str, np.ndarray] = dict(np.load(DATA / "nets.npz"))
MakeSpec = Callable[..., ModelSpec]
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Sample:
    """A model file: what it declares, and the independent answer for some inputs."""

    runtime: str
    write: Callable[[Path], Path]
    inputs: tuple[tuple[str, str, tuple[int | None, ...]], ...]
    outputs: tuple[tuple[str, str, tuple[int | None, ...]], ...]
    expect: Callable[[Arrays], Arrays]
    tolerance: float = 1e-5
    fixed_batch: int | None = None

    def draw(self, n: int, seed: int = 0) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        return {name: self._draw_one(rng, dtype, (n, *shape[1:])) for name, dtype, shape in self.inputs}

    @staticmethod
    def _draw_one(rng: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        if dtype == "string":
            return rng.choice(np.array(["DE", "FR", "IT", "?"], dtype=object), size=shape)
        if dtype.startswith("int"):
            return rng.integers(0, 9, size=shape).astype(dtype)
        return rng.uniform(-2, 2, size=shape).astype(dtype)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def net_score(inputs: Arrays) -> Arrays:
    x = inputs["x"].astype(np.float64)
    hidden = np.maximum(x @ WEIGHTS["w1"] + WEIGHTS["b1"], 0)
    return {"score": sigmoid(hidden @ WEIGHTS["w2"] + WEIGHTS["b2"])}


def wide_score(inputs: Arrays) -> Arrays:
    return {"score": sigmoid((inputs["x"].astype(np.float64) @ WEIGHTS["large"]).mean(axis=1, keepdims=True))}


def two_ports(inputs: Arrays) -> Arrays:
    pair = np.concatenate([inputs["amount"], inputs["count"]], axis=1).astype(np.float64)
    return {"probabilities": softmax(pair @ WEIGHTS["w1"][:2] @ WEIGHTS["w3"]), "total": pair.sum(axis=1)}


def text_and_number(inputs: Arrays) -> Arrays:
    known = {"DE": 1, "FR": 2, "IT": 3}
    codes = np.array([[known.get(text, 0)] for text in inputs["country"][:, 0]]).reshape(-1, 1)
    return {"code": codes, "sum": codes + inputs["amount"], "echo": inputs["country"]}


def shipped(name: str) -> Callable[[Path], Path]:
    return lambda _folder: DATA / name


def write_onnx(folder: Path, nodes: list[Any], inputs: Any, outputs: Any, constants: Arrays) -> Path:
    from onnx import helper, numpy_helper, save_model

    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(*port) for port in inputs],
        [helper.make_tensor_value_info(*port) for port in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    path = folder / "model.onnx"
    save_model(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def onnx_net(rows: int | str = "n") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        from onnx import TensorProto, helper

        node = helper.make_node
        nodes = [
            node("Gemm", ["x", "w1", "b1"], ["h"]),
            node("Relu", ["h"], ["r"]),
            node("Gemm", ["r", "w2", "b2"], ["z"]),
            node("Sigmoid", ["z"], ["score"]),
        ]
        ports = [("x", TensorProto.FLOAT, [rows, 4])], [("score", TensorProto.FLOAT, [rows, 1])]
        return write_onnx(folder, nodes, *ports, {name: WEIGHTS[name] for name in ("w1", "b1", "w2", "b2")})

    return write


def onnx_two_ports(folder: Path) -> Path:
    from onnx import TensorProto, helper

    node = helper.make_node
    nodes = [
        node("Cast", ["count"], ["count_f"], to=TensorProto.FLOAT),
        node("Concat", ["amount", "count_f"], ["pair"], axis=1),
        node("MatMul", ["pair", "w1"], ["h"]),
        node("MatMul", ["h", "w3"], ["z"]),
        node("Softmax", ["z"], ["probabilities"], axis=1),
        node("ReduceSum", ["pair", "axes"], ["total"], keepdims=0),
    ]
    inputs = [("amount", TensorProto.FLOAT, ["n", 1]), ("count", TensorProto.INT64, ["n", 1])]
    outputs = [("probabilities", TensorProto.FLOAT, ["n", 3]), ("total", TensorProto.FLOAT, ["n"])]
    constants = {"w1": WEIGHTS["w1"][:2].copy(), "w3": WEIGHTS["w3"], "axes": np.array([1])}
    return write_onnx(folder, nodes, inputs, outputs, constants)


def onnx_text(folder: Path) -> Path:
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["country"],
            ["code"],
            domain="ai.onnx.ml",
            keys_strings=["DE", "FR", "IT"],
            values_int64s=[1, 2, 3],
            default_int64=0,
        ),
        helper.make_node("Cast", ["code"], ["code_d"], to=TensorProto.DOUBLE),
        helper.make_node("Add", ["code_d", "amount"], ["sum"]),
        helper.make_node("Identity", ["country"], ["echo"]),
    ]
    inputs = [("country", TensorProto.STRING, ["n", 1]), ("amount", TensorProto.DOUBLE, ["n", 1])]
    outputs = [
        ("code", TensorProto.INT64, ["n", 1]),
        ("sum", TensorProto.DOUBLE, ["n", 1]),
        ("echo", TensorProto.STRING, ["n", 1]),
    ]
    return write_onnx(folder, nodes, inputs, outputs, {})


def _net(runtime: str, write: Callable[[Path], Path], rows: int | None = None, **more: Any) -> Sample:
    shapes = (("x", "float32", (rows, 4)),), (("score", "float32", (rows, 1)),)
    return Sample(runtime, write, *shapes, more.pop("expect", net_score), fixed_batch=rows, **more)


_PROBABILITIES = (("probabilities", "float32", (None, 3)), ("total", "float32", (None,)))
# A quantised net is as exact as its steps: a sum of products of int8 numbers, and 1/256 in the answer.
_INT8 = 0.05

SAMPLES: Mapping[str, Sample] = {
    "onnx-net": _net("onnx", onnx_net()),
    "onnx-fixed-8": _net("onnx", onnx_net(8), 8),
    "onnx-fixed-1": _net("onnx", onnx_net(1), 1),
    "onnx-two-ports": Sample(
        "onnx",
        onnx_two_ports,
        (("amount", "float32", (None, 1)), ("count", "int64", (None, 1))),
        _PROBABILITIES,
        two_ports,
    ),
    "onnx-text": Sample(
        "onnx",
        onnx_text,
        (("country", "string", (None, 1)), ("amount", "float64", (None, 1))),
        (("code", "int64", (None, 1)), ("sum", "float64", (None, 1)), ("echo", "string", (None, 1))),
        text_and_number,
    ),
    "tflite-float": _net("tflite", shipped("float.tflite")),
    "tflite-fixed-8": _net("tflite", shipped("fixed_batch_8.tflite"), 8),
    "tflite-fixed-1": _net("tflite", shipped("fixed_batch_1.tflite"), 1),
    "tflite-int8": _net("tflite", shipped("int8.tflite"), tolerance=_INT8),
    "tflite-uint8": _net("tflite", shipped("uint8.tflite"), tolerance=_INT8),
    "tflite-int8-fixed-4": _net("tflite", shipped("int8_fixed_4.tflite"), 4, tolerance=_INT8),
    "tflite-dynamic-range": _net("tflite", shipped("dynamic_range.tflite"), expect=wide_score, tolerance=0.01),
    "tflite-stuck": _net("tflite", shipped("stuck.tflite"), 1),
    "tflite-two-ports": Sample(
        "tflite",
        shipped("two_ports.tflite"),
        (("amount", "float32", (None, 1)), ("count", "int32", (None, 1))),
        _PROBABILITIES,
        two_ports,
    ),
}

"""ONNX models of ``width`` columns that go wrong, each in its own way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.sample_models import write_onnx

_SIDE = 3_000


def write_nan(folder: Path, width: int) -> Path:
    """No row has a score."""
    nodes = [("ReduceSum", ["x", "axis"], ["sum"], {"keepdims": 1}), ("Mul", ["sum", "nothing"], ["score"])]
    return _write(folder, width, nodes, {"axis": np.array([1]), "nothing": np.array([np.nan], dtype=np.float32)})


def write_failing(folder: Path, width: int) -> Path:
    """Every batch fails: the table has no such place."""
    nodes = [
        ("Cast", ["x"], ["places"], {"to": 7}),
        ("Add", ["places", "far"], ["beyond"]),
        ("Gather", ["table", "beyond"], ["nothing"]),
        ("ReduceSum", ["nothing", "axis"], ["score"], {"keepdims": 1}),
    ]
    constants = {"far": np.array([1_000_000]), "table": np.zeros(2, dtype=np.float32), "axis": np.array([1])}
    return _write(folder, width, nodes, constants)


def write_slow(folder: Path, width: int) -> Path:
    """A row takes milliseconds, a batch of a thousand seconds: products of large matrices."""
    nodes = [
        ("ConstantOfShape", ["wide"], ["first"]),
        ("ConstantOfShape", ["square"], ["second"]),
        ("MatMul", ["x", "first"], ["a"]),
        ("MatMul", ["a", "second"], ["b"]),
        ("MatMul", ["b", "second"], ["c"]),
        ("MatMul", ["c", "second"], ["d"]),
        ("ReduceSum", ["d", "axis"], ["score"], {"keepdims": 1}),
    ]
    constants = {"wide": np.array([width, _SIDE]), "square": np.array([_SIDE, _SIDE]), "axis": np.array([1])}
    return _write(folder, width, nodes, constants)


ODD_MODELS: dict[str, Callable[[Path, int], Path]] = {"nan": write_nan, "failing": write_failing, "slow": write_slow}


def _write(folder: Path, width: int, nodes: list[Any], constants: dict[str, np.ndarray]) -> Path:
    from onnx import TensorProto, helper

    made = [helper.make_node(node[0], *node[1:3], **(node[3] if len(node) > 3 else {})) for node in nodes]
    folder.mkdir(parents=True)
    inputs, outputs = [("x", TensorProto.FLOAT, ["n", width])], [("score", TensorProto.FLOAT, ["n", 1])]
    return write_onnx(folder, made, inputs, outputs, constants)

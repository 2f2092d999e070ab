"""Graphs that are put together by hand, as files of ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import GraphProto

OPSET, ML_OPSET = 17, 3
_IR_VERSION = 9  # ONNX Runtime 1.17 and later can read it


def write_graph(graph: GraphProto, path: Path) -> None:
    """Write a graph of operators of opset 17, and of `ai.onnx.ml` 3 if it has any, once it is checked."""
    import onnx
    from onnx import helper

    opsets = [helper.make_opsetid("", OPSET)]
    if any(node.domain == "ai.onnx.ml" for node in graph.node):
        opsets.append(helper.make_opsetid("ai.onnx.ml", ML_OPSET))
    made = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
    onnx.checker.check_model(made)
    onnx.save(made, path)

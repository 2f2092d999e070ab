"""An ONNX graph that is put together node by node."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.errors import fail

ABOUT = "gress.learned"
"""Key of the file's metadata that holds, as JSON, facts beside the arrays: kind, link, names, clip."""

# Read by ONNX Runtime since 1.11; a later opset has nothing that these graphs need.
_OPSET, _ML_OPSET, _IR_VERSION = 17, 3, 8
_ML = "ai.onnx.ml"

KEY = "gress.key"
"""Name that nodes have for the input of keys, which has that of its field in the file."""


def import_onnx() -> Any:
    """Return the library ``onnx``.

    Raises:
        ModelError: it is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        fail("files of learnt models", f"need onnx: {error}", "pip install 'gress-ml[learning]'")
    return onnx


class Graph:
    """Inputs, nodes, constants and outputs, in the order they are added."""

    def __init__(self) -> None:
        self.onnx = import_onnx()
        self._inputs: list[Any] = []
        self._key: str | None = None
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._outputs: list[Any] = []

    def add(self, operator: str, *inputs: str, name: str, **attributes: Any) -> str:
        """Add a node with one output, whose name is returned."""
        self._nodes.append(self.onnx.helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        """Add a constant and return its name."""
        self._constants.append(self.onnx.numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def input(self, name: str, kind: str, *width: int) -> str:
        """Add an input, (n,) or (n, width), and return its name."""
        element = getattr(self.onnx.TensorProto, kind)
        self._inputs.append(self.onnx.helper.make_tensor_value_info(name, element, ["n", *width]))
        return name

    def key_input(self, field: str, kind: str) -> None:
        """Add the input of keys, (n,), which nodes call ``KEY``."""
        self._key = self.input(field, kind)

    def output(self, name: str, kind: str, *width: int) -> None:
        """Make a node's output one of the model, (n,) or (n, width)."""
        element = getattr(self.onnx.TensorProto, kind)
        self._outputs.append(self.onnx.helper.make_tensor_value_info(name, element, ["n", *width]))

    def places(self, field: str, keys: Sequence[Any], other: int, *, name: str) -> str:
        """Add a node that finds the place of each value of an input among keys; ``other`` is that of other values."""
        kind = "strings" if isinstance(keys[0], str) else "int64s"
        attributes = {f"keys_{kind}": keys, "values_int64s": range(len(keys)), "default_int64": other}
        return self.add("LabelEncoder", field, name=name, domain=_ML, **attributes)

    def finish(self, about: Mapping[str, Any]) -> bytes:
        """Return the file, with its metadata."""
        helper = self.onnx.helper
        if self._key is not None:
            self._name_key(self._key)
        graph = helper.make_graph(self._nodes, "learned", self._inputs, self._outputs, self._constants)
        opsets = [helper.make_opsetid("", _OPSET)]
        if any(node.domain == _ML for node in self._nodes):
            opsets.append(helper.make_opsetid(_ML, _ML_OPSET))
        made = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="gress-ml")
        helper.set_model_props(made, {ABOUT: json.dumps(about, sort_keys=True, ensure_ascii=False)})
        content: bytes = made.SerializeToString(deterministic=True)
        return content

    def _name_key(self, field: str) -> None:
        """Give the input of keys the name of its field, and a node or constant of that name another."""
        names = {field: f"{field}.inner"} | {KEY: field}
        for node in self._nodes:
            for io in (node.input, node.output):
                io[:] = [names.get(name, name) for name in io]
        for constant in self._constants:
            constant.name = names.get(constant.name, constant.name)

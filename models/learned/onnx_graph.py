"""The ONNX file of a learnt model.

Rules:
- Equal arrays give equal bytes, whatever version of ``onnx`` writes them: the formats are fixed, and nothing in the
  file tells time, machine or version.
- Numbers inside are doubles. With floats a feature far from 0 loses digits when its mean is subtracted: probabilities
  were off by 3e-5 at means of 1,000 standard deviations and by 3e-3 at 100,000, and by more than 1e-6 at any mean from
  200 features on. A single row costs the same; 512 rows of 21 features took 49 µs instead of 33.
- Missing values are treated inside the file, so whatever runs it needs no rule of its own.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from models.errors import fail
from models.learned.bayes import LearnedBayes
from models.learned.learned_model import INPUT, LABEL, MARGIN, PREDICTION, PROBABILITIES, LearnedModel
from models.learned.linear import LearnedLinear

ABOUT = "gress.learned"
"""Key of the file's metadata that tells, as JSON, what the arrays do not: kind, link, names, clip."""

# Read by ONNX Runtime since 1.11; a later opset has nothing that these graphs need.
_OPSET, _IR_VERSION = 17, 8


def onnx_bytes(model: LearnedModel) -> bytes:
    """Return a model as the bytes of an ONNX file.

    The file takes float32 rows (n, k) in one input and gives, for classes, their names and float32 probabilities
    (n, c), else float64 values (n, 1).

    Raises:
        ModelError: the library ``onnx`` is not installed.
    """
    graph = _Graph()
    graph.add("Cast", INPUT, name="x", to=graph.onnx.TensorProto.DOUBLE)
    graph.add("IsNaN", INPUT, name="is_missing")
    if isinstance(model, LearnedLinear):
        _add_linear(graph, model)
    else:
        _add_bayes(graph, model)
    return graph.finish(model)


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


class _Graph:
    """Nodes, constants and outputs, in the order they are added."""

    def __init__(self) -> None:
        self.onnx = import_onnx()
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

    def output(self, name: str, kind: str, *width: int) -> None:
        """Make a node's output one of the model, (n,) or (n, width)."""
        element = getattr(self.onnx.TensorProto, kind)
        self._outputs.append(self.onnx.helper.make_tensor_value_info(name, element, ["n", *width]))

    def finish(self, model: LearnedModel) -> bytes:
        """Return the file."""
        helper = self.onnx.helper
        rows = helper.make_tensor_value_info(INPUT, self.onnx.TensorProto.FLOAT, ["n", len(model.features)])
        graph = helper.make_graph(self._nodes, "learned", [rows], self._outputs, self._constants)
        opsets = [helper.make_opsetid("", _OPSET)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="gress-ml")
        helper.set_model_props(made, {ABOUT: json.dumps(_about(model), sort_keys=True, ensure_ascii=False)})
        content: bytes = made.SerializeToString(deterministic=True)
        return content


def _about(model: LearnedModel) -> dict[str, Any]:
    known: dict[str, Any] = {"format_version": 1, "features": model.features, "classes": model.classes}
    if isinstance(model, LearnedBayes):
        return {**known, "kind": "bayes"}
    return {**known, "kind": "linear", "link": model.link, "clip": model.clip}


def _add_linear(graph: _Graph, model: LearnedLinear) -> None:
    is_constant = model.scale == 0
    graph.constant("zero", 0.0)
    z = graph.add("Sub", "x", graph.constant("mean", model.mean), name="centred")
    z = graph.add("Div", z, graph.constant("scale", np.where(is_constant, 1.0, model.scale)), name="standardised")
    if model.clip is not None:
        limits = graph.constant("lowest", -float(model.clip)), graph.constant("highest", float(model.clip))
        z = graph.add("Clip", z, *limits, name="clipped")
    is_left_out = graph.add("Or", "is_missing", graph.constant("is_constant", is_constant), name="is_left_out")
    z = graph.add("Where", is_left_out, "zero", z, name="z")
    product = graph.add("MatMul", z, graph.constant("weights", model.weights), name="product")
    # The name of the last node of a regression or a margin is the output's.
    name = {"identity": PREDICTION, "sign": MARGIN}.get(model.link, "values")
    value = graph.add("Add", product, graph.constant("bias", model.bias), name=name)
    if model.link == "softmax":
        _add_probabilities(graph, graph.add("Softmax", value, name="shares", axis=1), model.classes)
        return
    if model.link != "identity":
        _add_side(graph, value, model.classes)
    if model.link == "logistic":
        other = graph.add("Sigmoid", graph.add("Neg", value, name="opposite"), name="other")
        shares = graph.add("Concat", other, graph.add("Sigmoid", value, name="share"), name="shares", axis=1)
        _add_floats(graph, shares, 2)
    else:
        graph.output(value, "DOUBLE", 1)


def _add_bayes(graph: _Graph, model: LearnedBayes) -> None:
    """Add the sums over features of the terms of each class: the rows get an axis for the classes."""
    axis = graph.constant("class_axis", np.array([1]))
    centred = graph.add(
        "Sub", graph.add("Unsqueeze", "x", axis, name="each"), graph.constant("means", model.means), name="centred"
    )
    squared = graph.add("Mul", centred, centred, name="squared")
    scaled = graph.add("Div", squared, graph.constant("variances", model.variances), name="scaled")
    terms = graph.add("Add", scaled, graph.constant("log_scales", model.log_scales), name="terms")
    is_missing = graph.add("Unsqueeze", "is_missing", axis, name="is_left_out")
    known = graph.add("Where", is_missing, graph.constant("zero", 0.0), terms, name="known")
    total = graph.add("ReduceSum", known, graph.constant("feature_axis", np.array([2])), name="total", keepdims=0)
    half = graph.add("Mul", total, graph.constant("half", 0.5), name="half_total")
    values = graph.add("Sub", graph.constant("log_priors", model.log_priors), half, name="values")
    _add_probabilities(graph, graph.add("Softmax", values, name="shares", axis=1), model.classes)


def _add_probabilities(graph: _Graph, shares: str, classes: tuple[str, ...]) -> None:
    """Add the outputs of a probability for each class: the likeliest class, and the probabilities."""
    if len(classes) == 2:
        # As everywhere in gress, a tie between two classes goes to the positive one.
        second = graph.add("Gather", shares, graph.constant("second", np.array(1)), name="share_of_second", axis=1)
        more = graph.add("GreaterOrEqual", second, graph.constant("even", 0.5), name="is_second")
        place = graph.add("Cast", more, name="place", to=graph.onnx.TensorProto.INT64)
    else:
        place = graph.add("ArgMax", shares, name="place", axis=1, keepdims=0)
    _add_label(graph, place, classes)
    _add_floats(graph, shares, len(classes))


def _add_side(graph: _Graph, margin: str, classes: tuple[str, ...]) -> None:
    """Add the output of the class on whose side of 0 the margin (n, 1) is; 0 is the positive one's."""
    flat = graph.add("Squeeze", margin, graph.constant("output_axis", np.array([1])), name="flat")
    is_positive = graph.add("GreaterOrEqual", flat, "zero", name="is_positive")
    _add_label(graph, graph.add("Cast", is_positive, name="place", to=graph.onnx.TensorProto.INT64), classes)


def _add_label(graph: _Graph, place: str, classes: tuple[str, ...]) -> None:
    graph.add("Gather", graph.constant("classes", np.array(classes, dtype=object)), place, name=LABEL)
    graph.output(LABEL, "STRING")


def _add_floats(graph: _Graph, shares: str, width: int) -> None:
    graph.add("Cast", shares, name=PROBABILITIES, to=graph.onnx.TensorProto.FLOAT)
    graph.output(PROBABILITIES, "FLOAT", width)

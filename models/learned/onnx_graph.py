"""The ONNX file of a learnt model.

Rules:
- Equal arrays give equal bytes, whatever version of ``onnx`` writes them: the formats are fixed, and nothing in the
  file holds a time, a machine or a version.
- Numbers inside are doubles. With floats a feature far from 0 loses digits when its mean is subtracted: probabilities
  were off by 3e-5 at means of 1,000 standard deviations and by 3e-3 at 100,000, and by more than 1e-6 at any mean from
  200 features on. A single row costs the same; 512 rows of 21 features took 49 µs instead of 33.
- Missing values are treated inside the file, so whatever runs it needs no rule of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.learned.bayes import LearnedBayes
from models.learned.graphs.answers import add_answers, add_probabilities, value_name
from models.learned.graphs.graph import Graph
from models.learned.graphs.names import INPUT
from models.learned.learned_model import LearnedModel
from models.learned.linear import LearnedLinear
from models.learned.shards.table import LearnedTable
from models.learned.shards.table_graph import add_table


def onnx_bytes(model: LearnedModel) -> bytes:
    """Return a model as the bytes of an ONNX file.

    The file takes float32 rows (n, k) in one input and gives, for classes, their names and float32 probabilities
    (n, c), else float64 values (n, 1). That of a table takes the key of each row, too, in an input of its field's name.

    Raises:
        ModelError: the library ``onnx`` is not installed.
    """
    graph = Graph()
    graph.input(INPUT, "FLOAT", len(model.features))
    graph.add("Cast", INPUT, name="x", to=graph.onnx.TensorProto.DOUBLE)
    graph.add("IsNaN", INPUT, name="is_missing")
    if isinstance(model, LearnedLinear):
        _add_linear(graph, model)
    elif isinstance(model, LearnedBayes):
        _add_bayes(graph, model)
    else:
        graph.key_input(model.key, "STRING" if model.is_text else "INT64")
        add_table(graph, model)
    return graph.finish(_about(model))


def _about(model: LearnedModel) -> dict[str, Any]:
    known: dict[str, Any] = {"format_version": 1, "features": model.features, "classes": model.classes}
    if isinstance(model, LearnedBayes):
        return {**known, "kind": "bayes"}
    if isinstance(model, LearnedTable):
        table = {"key": model.key, "is_text": model.is_text, "left_out": model.left_out}
        return {**_about(model.other), "kind": "table", **table}
    return {**known, "kind": "linear", "link": model.link, "clip": model.clip}


def _add_linear(graph: Graph, model: LearnedLinear) -> None:
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
    value = graph.add("Add", product, graph.constant("bias", model.bias), name=value_name(model.link))
    add_answers(graph, value, model.link, model.classes)


def _add_bayes(graph: Graph, model: LearnedBayes) -> None:
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
    add_probabilities(graph, graph.add("Softmax", values, name="shares", axis=1), model.classes)

"""Outputs of a learnt model, from the values that its graph has computed."""

from __future__ import annotations

import numpy as np

from models.learned.graphs.graph import Graph
from models.learned.graphs.names import LABEL, MARGIN, PREDICTION, PROBABILITIES
from models.learned.linear import Link


def value_name(link: Link) -> str:
    """Return the name of the node with the values: of a regression or a margin they are the output."""
    return {"identity": PREDICTION, "sign": MARGIN}.get(link, "values")


def add_answers(graph: Graph, value: str, link: Link, classes: tuple[str, ...]) -> None:
    """Add the link function of values (n, outputs); a constant ``zero`` must be there."""
    if link == "softmax":
        add_probabilities(graph, graph.add("Softmax", value, name="shares", axis=1), classes)
        return
    if link != "identity":
        _add_side(graph, value, classes)
    if link == "logistic":
        other = graph.add("Sigmoid", graph.add("Neg", value, name="opposite"), name="other")
        shares = graph.add("Concat", other, graph.add("Sigmoid", value, name="share"), name="shares", axis=1)
        _add_floats(graph, shares, 2)
    else:
        graph.output(value, "DOUBLE", 1)


def add_probabilities(graph: Graph, shares: str, classes: tuple[str, ...]) -> None:
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


def _add_side(graph: Graph, margin: str, classes: tuple[str, ...]) -> None:
    """Add the output of the class on whose side of 0 the margin (n, 1) is; 0 is the positive one's."""
    flat = graph.add("Squeeze", margin, graph.constant("output_axis", np.array([1])), name="flat")
    is_positive = graph.add("GreaterOrEqual", flat, "zero", name="is_positive")
    _add_label(graph, graph.add("Cast", is_positive, name="place", to=graph.onnx.TensorProto.INT64), classes)


def _add_label(graph: Graph, place: str, classes: tuple[str, ...]) -> None:
    graph.add("Gather", graph.constant("classes", np.array(classes, dtype=object)), place, name=LABEL)
    graph.output(LABEL, "STRING")


def _add_floats(graph: Graph, shares: str, width: int) -> None:
    graph.add("Cast", shares, name=PROBABILITIES, to=graph.onnx.TensorProto.FLOAT)
    graph.output(PROBABILITIES, "FLOAT", width)

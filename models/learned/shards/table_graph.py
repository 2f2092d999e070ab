"""The nodes of a table of models: the key's place, its model, and the value of the row by that model."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.learned.graphs.answers import add_answers, value_name
from models.learned.graphs.graph import KEY, Graph
from models.learned.shards.table import LearnedTable


def add_table(graph: Graph, model: LearnedTable) -> None:
    """Add the nodes and outputs of a table, whose rows ``x`` and ``is_missing`` are there.

    The last row of each array is the model of keys that are not in the table.
    """
    models, size = (*model.shared, model.other), len(model.keys)
    keys: list[Any] = list(model.keys) if model.is_text else [int(key) for key in model.keys]
    # The operator wants a key; in an empty table any will do, as its place is that of all others.
    graph.places(KEY, keys or ["" if model.is_text else 0], size, name="row")
    graph.constant("zero", 0.0)
    owners = graph.constant("shards", np.append(model.shards, len(model.shared)).astype(np.int32))
    owner = graph.add("Gather", owners, "row", name="owner")

    def of_owner(name: str, values: Any) -> str:
        return graph.add("Gather", graph.constant(name, values), owner, name=f"{name}_of_row")

    scales = np.stack([each.scale for each in models])
    z = graph.add("Sub", "x", of_owner("mean", np.stack([each.mean for each in models])), name="centred")
    z = graph.add("Div", z, of_owner("scale", np.where(scales == 0, 1.0, scales)), name="standardised")
    if model.other.clip is not None:
        limits = graph.constant("lowest", -float(model.other.clip)), graph.constant("highest", float(model.other.clip))
        z = graph.add("Clip", z, *limits, name="clipped")
    is_left_out = graph.add("Or", "is_missing", of_owner("is_constant", scales == 0), name="is_left_out")
    z = graph.add("Where", is_left_out, "zero", z, name="z")
    weights = of_owner("weights", np.stack([each.weights.T for each in models]))  # (n, outputs, k)
    bias = of_owner("bias", np.stack([each.bias for each in models]))
    nothing = np.zeros((1, *model.deviations.shape[1:]), np.float32)
    deviations = np.concatenate([model.deviations, nothing])
    weights = graph.add("Add", weights, _of_key(graph, "deviations", deviations[:, :, :-1]), name="weights_of_key")
    bias = graph.add("Add", bias, _of_key(graph, "bias_deviations", deviations[:, :, -1]), name="bias_of_key")
    each = graph.add("Unsqueeze", z, graph.constant("output_axes", np.array([1])), name="each")
    terms = graph.add("Mul", each, weights, name="terms")
    total = graph.add("ReduceSum", terms, graph.constant("feature_axis", np.array([2])), name="total", keepdims=0)
    value = graph.add("Add", total, bias, name=value_name(model.other.link))
    add_answers(graph, value, model.other.link, model.classes)


def _of_key(graph: Graph, name: str, values: Any) -> str:
    """Add the row of each key in an array of floats, as doubles; a table is half as large so."""
    single = graph.add("Gather", graph.constant(name, values), "row", name=f"{name}_of_key")
    return graph.add("Cast", single, name=f"{name}_as_double", to=graph.onnx.TensorProto.DOUBLE)

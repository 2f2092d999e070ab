"""Generator of ``data/network.onnx``: 20-64-32-1, ReLU and a sigmoid, weights from a fixed seed.

It needs the package onnx, which runs do not need: ``pip install onnx``.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

WIDTHS = (20, 64, 32, 1)
NETWORK = Path(__file__).parent / "data" / "network.onnx"


def main() -> None:
    """Write the file."""
    import onnx

    onnx.save(build(20), NETWORK)


def build(
    seed: int,
    *,
    inputs: int = WIDTHS[0],
    scale: float = 0.1,
    extra_nodes: int = 0,
    widths: tuple[int, ...] = WIDTHS,
) -> Any:
    """Return a network as an ONNX model.

    Args:
        seed: seed of the weights.
        inputs: width of a row.
        scale: standard deviation of its weights; NaN makes every score NaN.
        extra_nodes: nodes in a row that change nothing, each of which costs a session a while to load.
        widths: values of each layer, of which ``inputs`` replaces the first.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.Generator(np.random.PCG64(seed))
    nodes, weights, value = [], [], "features"
    for layer, (width, following) in enumerate(pairwise((inputs, *widths[1:]))):
        is_last = following == widths[-1]
        matrix = (random.normal(0, 1, (width, following)) * scale).astype(np.float32)
        weights.append(numpy_helper.from_array(matrix, f"w{layer}"))
        weights.append(numpy_helper.from_array(np.zeros(following, np.float32), f"b{layer}"))
        nodes.append(helper.make_node("Gemm", [value, f"w{layer}", f"b{layer}"], [f"sum{layer}"]))
        value = f"layer{layer}"
        nodes.append(helper.make_node("Sigmoid" if is_last else "Relu", [f"sum{layer}"], [value]))
    weights.append(numpy_helper.from_array(np.zeros(1, np.float32), "zero"))
    for number in range(extra_nodes):
        nodes.append(helper.make_node("Add", [value, "zero"], [f"same{number}"]))
        value = f"same{number}"
    nodes.append(helper.make_node("Identity", [value], ["probability"]))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, inputs])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None, widths[-1]])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    main()

"""Makes ``data/network.onnx``: 20-64-32-1, ReLU and a sigmoid, weights from a fixed seed.

Needs the package onnx, which the environment of a run need not have: ``pip install onnx``.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

WIDTHS = (20, 64, 32, 1)
NETWORK = Path(__file__).parent / "data" / "network.onnx"


def main() -> None:
    """Write the file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.Generator(np.random.PCG64(20))
    nodes, weights, value = [], [], "features"
    for layer, (width, following) in enumerate(pairwise(WIDTHS)):
        is_last = following == WIDTHS[-1]
        matrix = random.normal(0, 0.1, (width, following)).astype(np.float32)
        weights.append(numpy_helper.from_array(matrix, f"w{layer}"))
        weights.append(numpy_helper.from_array(np.zeros(following, np.float32), f"b{layer}"))
        nodes.append(helper.make_node("Gemm", [value, f"w{layer}", f"b{layer}"], [f"sum{layer}"]))
        value = "probability" if is_last else f"layer{layer}"
        nodes.append(helper.make_node("Sigmoid" if is_last else "Relu", [f"sum{layer}"], [value]))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, WIDTHS[0]])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None, WIDTHS[-1]])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, NETWORK)


if __name__ == "__main__":
    main()

"""Weights in another file, in every place of a model where a tensor may be; made with the package onnx."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.errors import ModelError
from models.runtimes.external_data import check_single_file
from models.runtimes.onnx import OnnxRuntime
from models.runtimes.options import RuntimeOptions

Place = Callable[[TensorProto], onnx.ModelProto]


def weights(location: str | None) -> TensorProto:
    tensor = numpy_helper.from_array(np.ones((4, 1), np.float32), "location")
    if location is not None:
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)
    return tensor


def model(nodes: list[onnx.NodeProto], initializers: list[TensorProto], output: str = "y") -> onnx.ModelProto:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None]) for name in ("x", output))
    graph = helper.make_graph(nodes, "g", [x], [y], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


MATMUL = helper.make_node("MatMul", ["x", "location"], ["y"])


def as_initializer(tensor: TensorProto) -> onnx.ModelProto:
    return model([MATMUL], [tensor])


def as_constant(tensor: TensorProto) -> onnx.ModelProto:
    return model([helper.make_node("Constant", [], ["location"], value=tensor), MATMUL], [])


def within_a_branch(tensor: TensorProto) -> onnx.ModelProto:
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, None])
    branch = helper.make_graph([MATMUL], "b", [], [y], [tensor])
    always = numpy_helper.from_array(np.array(True), "always")
    return model([helper.make_node("If", ["always"], ["y"], then_branch=branch, else_branch=branch)], [always])


def within_a_function(tensor: TensorProto) -> onnx.ModelProto:
    nodes = [helper.make_node("Constant", [], ["location"], value=tensor), MATMUL]
    opsets = [helper.make_opsetid("", 17)]
    found = model([helper.make_node("F", ["x"], ["y"], domain="own")], [])
    found.functions.append(helper.make_function("own", "F", ["x"], ["y"], nodes, opsets))
    found.opset_import.append(helper.make_opsetid("own", 1))
    return found


PLACES = [as_initializer, as_constant, within_a_branch, within_a_function]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize(
    "location", ["weights.bin", "../weights.bin", "{folder}/weights.bin"], ids=["beside", "up", "/"]
)
def test_weights_in_another_file_are_refused_wherever_it_is(place: Place, location: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for each in (tmp_path, folder):
        (each / "weights.bin").write_bytes(np.ones(4, np.float32).tobytes())
    path = folder / "model.onnx"
    path.write_bytes(place(weights(location.format(folder=tmp_path))).SerializeToString())
    with pytest.raises(ModelError, match=r"keeps weights in another file, and a registry keeps one; save it as one"):
        OnnxRuntime.load(path, RuntimeOptions())


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_tensor_of_that_name_is_no_other_file(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(place(weights(None)).SerializeToString())
    runtime = OnnxRuntime.load(path, RuntimeOptions())
    assert runtime.predict({"x": np.ones((2, 4), np.float32)})["y"].tolist() == [[4.0], [4.0]]
    runtime.close()


@pytest.mark.parametrize("end", [1, 10, 50, 100, -1])
def test_file_that_is_no_model_is_left_to_the_runtime(end: int, tmp_path: Path) -> None:
    content = as_initializer(weights(None)).SerializeToString()[:end] + b"\xff" * 20 + b"location"
    check_single_file(tmp_path / "model.onnx", content)

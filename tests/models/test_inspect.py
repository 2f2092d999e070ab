from __future__ import annotations

from pathlib import Path

import pytest

from models.checksum import file_sha256
from models.errors import ModelError
from models.inspect import spec_from_file
from models.spec import TensorSpec
from tests.support.sample_models import DATA, onnx_text


def test_spec_of_a_bare_onnx_file(net_file: Path) -> None:
    spec = spec_from_file(net_file, "fraud", "v2.0", description="net", threshold=0.5)
    assert (spec.ref, spec.type, spec.file, spec.task) == (
        "model fraud@2.0.0",
        "onnx",
        "model.onnx",
        "unknown",
    )
    assert spec.sha256 == file_sha256(net_file)
    assert spec.inputs == (TensorSpec(name="x", dtype="float32", shape=(None, 4)),)
    assert spec.outputs == (TensorSpec(name="score", dtype="float32", shape=(None, 1)),)
    assert (spec.description, spec.threshold) == ("net", 0.5)


def test_spec_of_a_bare_tflite_file_has_the_names_of_its_signature() -> None:
    spec = spec_from_file(DATA / "int8.tflite", "fraud", "1")
    assert spec.type == "tflite"
    assert spec.inputs == (TensorSpec(name="x", dtype="float32", shape=(None, 4)),)
    assert [tensor.name for tensor in spec.outputs] == ["score"]


def test_given_type_wins_over_the_suffix(net_file: Path) -> None:
    path = net_file.rename(net_file.with_suffix(".bin"))
    assert spec_from_file(path, "fraud", "1", type="onnx").type == "onnx"
    with pytest.raises(
        ModelError, match=r"model\.bin has type 'None'; expected onnx, tflite, tensorflow, by its suffix"
    ):
        spec_from_file(path, "fraud", "1")
    assert spec_from_file(DATA / "float.tflite", "fraud", "1", type="tensorflow").type == "tensorflow"


def test_task_is_not_guessed_from_labels_without_probabilities(tmp_path: Path) -> None:
    assert spec_from_file(onnx_text(tmp_path), "text", "1", roles={"label": "code"}).task == "unknown"


def test_wrong_field_is_named(net_file: Path) -> None:
    with pytest.raises(
        ModelError, match=r"model fraud@1 field task: Input should be 'binary', .* got 'guess'"
    ):
        spec_from_file(net_file, "fraud", "1", task="guess")
    with pytest.raises(ModelError, match=r"model fraud@x field version: .* not a semantic version"):
        spec_from_file(net_file, "fraud", "x")

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.checksum import file_sha256
from models.inspect import spec_from_file
from models.spec import ModelSpec, TensorSpec
from tests.support.sample_models import MakeSpec, onnx_net

collect_ignore = ["make_tflite.py"]  # needs TensorFlow


@pytest.fixture
def make_spec() -> MakeSpec:
    """A valid spec without a file behind it; any field can be given."""

    def make(**fields: Any) -> ModelSpec:
        known = {
            "name": "fraud",
            "version": "7",
            "type": "onnx",
            "file": "model.onnx",
            "sha256": "0" * 64,
            "inputs": (TensorSpec(name="x", dtype="float32", shape=(None, 4)),),
            "outputs": (TensorSpec(name="score", dtype="float32", shape=(None, 1)),),
        }
        return ModelSpec.model_validate(known | fields)

    return make


@pytest.fixture
def net_file(tmp_path: Path) -> Path:
    return onnx_net()(tmp_path)


@pytest.fixture
def net_spec(net_file: Path) -> ModelSpec:
    spec = spec_from_file(net_file, "fraud", "7", task="binary", feature_columns=("a", "b", "c", "amount_z"))
    assert spec.sha256 == file_sha256(net_file)
    return spec

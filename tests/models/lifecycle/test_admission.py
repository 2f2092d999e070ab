"""Validation of a version against its spec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.errors import ModelError
from models.lifecycle import promote, register, show, validate
from models.registry import Registry
from tests.models.lifecycle.golden_rows import ROWS, WriteGolden
from tests.support.tiny_models import linear


def test_a_version_that_passes_is_noted_once(registry: Registry, file: Path, write_golden: WriteGolden) -> None:
    register(registry, file, "m", "1", golden=write_golden(prediction=linear(ROWS)))
    found = validate(registry, "m", by="ann")
    assert (found.spec.ref, found.golden_rows, found.is_new) == ("model m@1.0.0", 3, True)
    assert found.size_bytes == file.stat().st_size
    assert not validate(registry, "m", "1").is_new
    details = show(registry, "m")
    assert details.state == "validated"
    assert [(record.kind, record.by) for record in details.records] == [("validated", "ann")]


def change_spec(registry: Registry, **fields: Any) -> None:
    path = registry.base / "m" / "1.0.0" / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_a_version_that_changed_does_not_pass(registry: Registry, file: Path, write_golden: WriteGolden) -> None:
    register(registry, file, "m", "1", golden=write_golden())
    change_spec(registry, outputs=[{"name": "z", "dtype": "float32", "shape": [None, 1]}])
    with pytest.raises(
        ModelError, match=r"has outputs 'z' float32 \(n, 1\) in model\.json, 'score' float32 \(n, 1\) in"
    ):
        validate(registry, "m")
    (registry.base / "m" / "1.0.0" / "model.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match="expects sha256"):
        validate(registry, "m")
    assert show(registry, "m").state == "registered"


def test_golden_rows_decide_whether_a_version_passes(registry: Registry, file: Path, write_golden: WriteGolden) -> None:
    register(registry, file, "m", "1", golden=write_golden(prediction=linear(ROWS)))
    golden = json.loads((registry.base / "m" / "1.0.0" / "model.json").read_text())["golden"]
    change_spec(registry, golden=golden | {"predictions": [0.1, 0.2, 0.3]})
    with pytest.raises(ModelError, match=r"model m@1\.0\.0 expected 0\.1 for golden row 0, got 0\.\d+"):
        promote(registry, "m", "1")
    assert registry.deployments("m").latest() is None
    assert promote(registry, "m", "1", force=True).generation == 1

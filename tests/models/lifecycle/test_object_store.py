"""The lifecycle in an object store."""

from __future__ import annotations

from pathlib import Path

from conf.settings import ModelRegistrySettings
from models.lifecycle import history, list_models, list_versions, promote, pull, register, retire, rollback
from models.registry import local_registry, open_registry
from models.scoring.loaded import load_model
from models.serving.fitness import check_golden
from tests.models.lifecycle.golden_rows import ROWS, WriteGolden
from tests.support.tiny_models import linear


def test_an_object_store_gives_the_same_life(file: Path, tmp_path: Path, write_golden: WriteGolden) -> None:
    settings = ModelRegistrySettings(base_path="memory://lifecycle/models", cache_dir=str(tmp_path / "cache"))
    registry = open_registry(settings)
    golden = write_golden(prediction=linear(ROWS))
    for version in ("1", "2"):
        register(registry, file, "m", version, golden=golden)
        promote(registry, "m", version)
    assert rollback(registry, "m").primary == "1.0.0"
    assert [(row.version, row.state, row.size_bytes) for row in list_versions(registry, "m")] == [
        ("1.0.0", "deployed", None),
        ("2.0.0", "validated", None),
    ]
    retire(registry, "m", "2")
    assert list_models(registry)[0].states == {"deployed": 1, "retired": 1}
    assert [each.action for each in history(registry, "m")] == ["promote", "promote", "rollback"]
    pull(registry, "m", "1", tmp_path / "copy")
    spec, path = local_registry(tmp_path / "copy").resolve("m", "1")
    model = load_model(spec, path)
    assert spec.golden is not None
    check_golden(model, spec.golden)
    model.close()

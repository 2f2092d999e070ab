from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conf.loading.loader import settings_from
from conf.settings import InferenceSettings, MlSettings, Settings
from models.errors import ModelError
from models.inspect import spec_from_file
from models.registry import Registry, local_registry
from models.scoring.sessions import SESSIONS
from tests.support.job_settings import MakeSettings
from tests.support.tiny_models import write_classes, write_linear, write_two_values
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.scoring.model_source import find_model, open_model


def features_of(settings: Settings) -> FeatureSet:
    assert settings.job is not None
    return compile_feature_set(settings.job.features, settings.job.events)


def inference_of(settings: Settings) -> InferenceSettings:
    assert settings.job is not None
    return settings.job.inference


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A registry with versions 1.0.0 and 2.0.0 of model m."""
    found = local_registry(tmp_path / "registry")
    for version in ("1.0.0", "2.0.0"):
        path = write_linear(tmp_path / version)
        found.publish(spec_from_file(path, "m", version, task="binary"), path)
    return found


def ml_of(registry: Registry, *models: dict[str, Any], **store: Any) -> MlSettings:
    where = {"type": "local", "base_path": str(registry.base), **store}
    return settings_from({"ml": {"enabled": True, "model_registry": where, "models": list(models)}}).ml


def wanted(version: str = "", name: str = "m") -> InferenceSettings:
    return InferenceSettings(model_name=name, model_version=version)


@pytest.mark.parametrize(("version", "found"), [("1.0.0", "1.0.0"), ("v2", "2.0.0"), ("", "2.0.0")])
def test_registry_knows_the_version(version: str, found: str, registry: Registry) -> None:
    spec, path, entry = find_model(ml_of(registry), wanted(version))
    assert (spec.name, spec.version, entry) == ("m", found, None)
    assert path == registry.base / "m" / found / "model.onnx"


def test_entry_without_a_path_leaves_the_file_to_the_registry(registry: Registry) -> None:
    listed = {"name": "m", "version": "v1", "type": "onnx", "warmup_on_load": False}
    spec, path, entry = find_model(ml_of(registry, listed), wanted("1.0.0"))
    assert (spec.version, path.parent) == ("1.0.0", registry.base / "m" / "1.0.0")
    assert entry is not None
    assert not entry.warmup_on_load


def test_path_of_an_entry_wins_over_the_registry(registry: Registry, tmp_path: Path) -> None:
    bare = write_linear(tmp_path / "bare")
    listed = {
        "name": "m",
        "version": "2.0.0",
        "type": "onnx",
        "path": str(bare),
        "tags": {"by": "us"},
        "description": "d",
    }
    spec, path, _ = find_model(ml_of(registry, listed), wanted("2.0.0"))
    assert path == bare
    assert (spec.ref, spec.tags, spec.description) == ("model m@2.0.0", ("by=us",), "d")


def test_without_a_version_the_highest_file_counts(registry: Registry, tmp_path: Path) -> None:
    listed = [
        {"name": "m", "version": version, "type": "onnx", "path": str(write_linear(tmp_path / name))}
        for version, name in (("10", "ten"), ("9", "nine"))
    ]
    spec, path, _ = find_model(ml_of(registry, *listed), wanted())
    assert (spec.version, path.parent.name) == ("10.0.0", "ten")


def test_spec_beside_a_file_describes_it(registry: Registry, tmp_path: Path) -> None:
    path = write_classes(tmp_path / "classes")
    listed = {"name": "m", "version": "1.0.0", "type": "onnx", "path": str(path)}
    spec, _, _ = find_model(ml_of(registry, listed), wanted("1.0.0"))
    assert (spec.task, spec.classes) == ("binary", ("no", "yes"))


def test_model_switched_off_is_refused(registry: Registry) -> None:
    listed = {"name": "m", "version": "1.0.0", "type": "onnx", "enabled": False}
    with pytest.raises(
        ModelError, match=r"model m@1\.0\.0 is switched off by `enabled: false` in ml.models; enable it"
    ):
        find_model(ml_of(registry, listed), wanted("1.0.0"))


def test_custom_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    path = write_linear(tmp_path / "own")
    listed = {"name": "m", "version": "1.0.0", "type": "custom", "path": str(path)}
    with pytest.raises(ModelError, match="is of type custom, which needs a runtime of its own; export it"):
        find_model(ml_of(registry, listed), wanted("1.0.0"))


def test_entry_of_another_type_than_the_registry_is_refused(registry: Registry) -> None:
    listed = {"name": "m", "version": "1.0.0", "type": "tflite"}
    with pytest.raises(
        ModelError, match=r"model m@1\.0\.0 is of type onnx, and ml.models says tflite; correct ml.models"
    ):
        find_model(ml_of(registry, listed), wanted("1.0.0"))


def test_unknown_model_is_refused(registry: Registry) -> None:
    with pytest.raises(ModelError, match="has no model 'n'"):
        find_model(ml_of(registry), wanted(name="n"))


def test_model_is_checked_and_shared(make_settings: MakeSettings) -> None:
    settings = make_settings()
    before = len(SESSIONS)
    first, second = (open_model(settings.ml, inference_of(settings), features_of(settings)) for _ in range(2))
    assert first.runtime is second.runtime
    first.close()
    second.close()
    assert len(SESSIONS) == before


def test_a_bare_file_with_two_values_is_refused_before_the_start(make_settings: MakeSettings) -> None:
    settings = make_settings(write=write_two_values)
    with pytest.raises(ModelError, match=r"could be the prediction: 'mean' float32 \(n, 1\), 'spread' .*; choose with"):
        open_model(settings.ml, inference_of(settings), features_of(settings))


def test_an_old_version_without_a_record_of_its_outputs_is_refused_only_in_doubt(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    registry = local_registry(tmp_path / "registry")
    for version, write in (("1.0.0", write_linear), ("2.0.0", write_two_values)):
        path = write(tmp_path / version)
        spec = spec_from_file(path, "old", version, roles={"prediction": "mean"} if version == "2.0.0" else None)
        registry.publish(spec.model_copy(update={"roles": None}), path)
    ml = ml_of(registry)
    settings = make_settings()
    open_model(ml, wanted("1.0.0", "old"), features_of(settings)).close()
    with pytest.raises(ModelError, match=r"model old@2\.0\.0 has several outputs .* no record of its choice; register"):
        open_model(ml, wanted("2.0.0", "old"), features_of(settings))


def test_field_that_no_feature_makes_is_refused(make_settings: MakeSettings) -> None:
    settings = make_settings(inference={"feature_fields": ["amount", "sise", "x"]})
    text = "wants feature_fields that feature set 'f' does not have: sise, x; it has amount, size, per_size"
    with pytest.raises(ModelError, match=text):
        open_model(settings.ml, inference_of(settings), features_of(settings))


def test_fewer_fields_than_the_model_takes_are_refused(make_settings: MakeSettings) -> None:
    settings = make_settings(inference={"feature_fields": ["amount", "size"]})
    before = len(SESSIONS)
    with pytest.raises(ModelError, match=r"wants input 'x' float32 \(n, 3\), got \(n, 2\)"):
        open_model(settings.ml, inference_of(settings), features_of(settings))
    assert len(SESSIONS) == before


def test_missing_file_is_refused(make_settings: MakeSettings) -> None:
    settings = make_settings(write=lambda folder: folder / "none.onnx")
    with pytest.raises(ModelError, match=r"none\.onnx"):
        open_model(settings.ml, inference_of(settings), features_of(settings))

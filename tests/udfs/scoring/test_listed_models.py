"""Each setting of an entry of `ml.models` acts, wherever its version comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conf.loading.loader import settings_from
from conf.settings import MlSettings
from models.errors import ModelError
from models.inspect import spec_from_file
from models.registry import Registry, local_registry
from models.scoring.loaded import LoadedModel
from tests.support.job_settings import MakeSettings
from tests.support.tiny_models import write_classes, write_linear
from udfs.features.feature_set import compile_feature_set
from udfs.functions.score_columns import ScoreColumns
from udfs.metrics.series import series
from udfs.scoring.listed_models import check_listed, find_entry, spec_of_version
from udfs.scoring.model_source import open_models

TEXTS = {"tags": {"environment": "production"}, "description": "from the settings"}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    found = local_registry(tmp_path / "registry")
    path = write_linear(tmp_path)
    for version in ("1.0.0", "2.0.0"):
        found.publish(spec_from_file(path, "m", version, tags=("environment=test", "by=us"), description="own"), path)
    found.deployments("m").promote("1.0.0")
    return found


def ml_of(registry: Registry, *models: dict[str, Any]) -> MlSettings:
    listed = [{"name": "m", "version": "1.0.0", "type": "onnx", **model} for model in models]
    store = {"type": "local", "base_path": str(registry.base), "watch_interval": "10ms"}
    return settings_from({"ml": {"enabled": True, "model_registry": store, "models": listed}}).ml


@pytest.mark.parametrize("source", ["registry", "bare", "with its model.json"])
def test_tags_and_description_reach_the_spec(source: str, registry: Registry, tmp_path: Path) -> None:
    write = write_linear if source == "bare" else write_classes
    path = {} if source == "registry" else {"path": str(write(tmp_path / "file"))}
    spec, _ = find_entry(ml_of(registry), ml_of(registry, {**TEXTS, **path}).models[0])
    assert set(spec.tags) >= {"environment=production"}
    assert "environment=test" not in spec.tags
    assert spec.description == "from the settings"


@pytest.mark.parametrize(("key", "value"), [("name", "other"), ("version", "2.0.0")])
def test_an_entry_and_the_spec_beside_its_file_agree(key: str, value: str, registry: Registry, tmp_path: Path) -> None:
    path = write_classes(tmp_path / "classes")
    ml = ml_of(registry, {"path": str(path), key: value})
    text = rf"ml\.models\.0\.{key} and .*model\.json: expected one {key} of .*onnx, got '{value}' and '.*'; correct one"
    with pytest.raises(ModelError, match=text):
        find_entry(ml, ml.models[0])


def test_type_of_an_entry_and_the_spec_beside_its_file_agree(registry: Registry, tmp_path: Path) -> None:
    ml = ml_of(registry, {"path": str(write_classes(tmp_path / "classes")), "type": "tflite"})
    with pytest.raises(ModelError, match=r"is of type onnx, and ml\.models says tflite"):
        find_entry(ml, ml.models[0])


def test_every_version_that_is_on_is_opened(registry: Registry, tmp_path: Path) -> None:
    ml = ml_of(
        registry,
        {"version": "2.0.0"},
        {"name": "other", "path": str(tmp_path / "nowhere.onnx")},
        {"name": "unknown"},
        {"name": "off", "path": str(tmp_path / "nowhere.onnx"), "enabled": False},
    )
    (first, file), (second, unknown) = check_listed(ml)
    assert (first, second) == (1, 2)
    assert "nowhere.onnx" in str(file)
    assert "has no model 'unknown'" in str(unknown)


@pytest.mark.parametrize("is_warm", [True, False])
def test_listed_versions_are_warmed_up_where_asked(
    is_warm: bool, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(LoadedModel, "warmup", lambda self, n: calls.append(n))
    assert check_listed(ml_of(registry, {"warmup_on_load": is_warm})) == []
    assert calls == [1] * is_warm


@pytest.fixture
def make(make_settings: MakeSettings, registry: Registry) -> Callable[..., Any]:
    def build(version: str = "", **entry: Any) -> Any:
        ml = {"model_registry": {"base_path": str(registry.base), "watch_interval": "10ms"}}
        ml |= {"models": [{"name": "m", "version": "1.0.0", "type": "onnx", **entry}], "metrics": {"port": 0}}
        return make_settings(ml=ml, inference={"model_name": "m", "model_version": version})

    return build


@pytest.mark.parametrize("version", ["", "1.0.0"], ids=["followed", "pinned"])
@pytest.mark.parametrize("is_warm", [True, False])
def test_a_job_s_model_is_warmed_up_where_asked(
    is_warm: bool, version: str, make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(LoadedModel, "warmup", lambda self, n: calls.append(n))
    settings = make(version, warmup_on_load=is_warm)
    features = compile_feature_set(settings.job.features, settings.job.events)
    open_models(settings.ml, settings.job.inference, features).close()
    assert calls == [1] * is_warm


@pytest.mark.parametrize(("version", "follows"), [("", "registry"), ("1.0.0", "settings")])
def test_a_version_that_scores_exports_its_texts(
    version: str, follows: str, make: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make(version, **TEXTS)
    metrics = settings.ml.metrics.model_copy(update={"port": 1})
    monkeypatch.setattr("udfs.functions.batch_scoring.export_metrics", lambda job, settings: None)
    scoring = ScoreColumns(settings.job, settings.ml.model_copy(update={"metrics": metrics}))
    scoring.open()
    scoring.run({"amount": np.ones(2), "size": np.ones(2), "at": np.zeros(2, np.int64)})
    labels = ("j", "m", "1.0.0", "onnx", follows, "by=us, environment=production", "from the settings")
    assert series("model_info", *labels)._value.get() == 1
    scoring.close()
    assert series("model_info", *labels)._value.get() == 0


def test_texts_of_a_version_come_from_settings_and_registry(registry: Registry) -> None:
    ml = ml_of(registry, TEXTS)
    listed, other = (spec_of_version(ml, "m", version) for version in ("1.0.0", "2.0.0"))
    assert (listed.tags, listed.description) == (("by=us", "environment=production"), "from the settings")
    assert (other.tags, other.description) == (("environment=test", "by=us"), "own")

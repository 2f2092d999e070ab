"""The job and `ml.models` name one version, or the settings are refused with both paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conf.errors import ConfigError
from conf.loading.loader import load_settings, settings_from
from conf.model_choice import entry_of, follows_registry
from conf.settings import Settings

SHIPPED = Path(__file__).parents[2] / "conf" / "fraud_detection.yaml"


def settings_of(*models: dict[str, Any], **inference: Any) -> Settings:
    events = {
        "id": "id",
        "key": "id",
        "time": "at",
        "fields": {"id": {"type": "long"}, "at": {"type": "timestamp"}},
    }
    job = {
        "name": "j",
        "events": events,
        "features": {"name": "f", "specs": [{"name": "id", "type": "numerical"}]},
        "inference": {"model_name": "m", **inference},
    }
    listed = [{"name": "m", "type": "onnx", **model} for model in models]
    return settings_from({"ml": {"enabled": True, "models": listed}, "job": job})


def refused(*models: dict[str, Any], **inference: Any) -> str:
    with pytest.raises(ConfigError) as found:
        settings_of(*models, **inference)
    return str(found.value)


def test_an_entry_of_the_shipped_settings_cannot_be_changed_alone() -> None:
    with pytest.raises(ConfigError) as found:
        load_settings(SHIPPED, overrides=["ml.models.0.version=1.0.0"], environ={})
    assert str(found.value).endswith(
        "ml.models.0.version (from --set ml.models.0.version) and job.inference.model_version: expected one version of "
        "the job's model, got '1.0.0' and '2.0.0'; name the same version in both, or leave out the entry of ml.models"
    )


def test_changed_together_they_load() -> None:
    both = ["ml.models.0.version=1.0.0", "job.inference.model_version=1.0.0"]
    settings = load_settings(SHIPPED, overrides=both, environ={})
    assert settings.job is not None
    assert settings.job.inference.model_version == "1.0.0"


def test_versions_are_compared_as_versions() -> None:
    found = settings_of({"version": "v2"}, model_version="2.0.0")
    assert entry_of(found.ml, "m", "2.0") == found.ml.models[0]
    twice = refused({"version": "v2"}, {"version": "2.0"})
    assert "models.1.version: expected a version that no earlier entry" in twice


def test_every_listed_version_is_named() -> None:
    text = refused({"version": "1.0.0"}, {"version": "2.0.0"}, model_version="3.0.0")
    assert "ml.models.0.version and ml.models.1.version and job.inference.model_version: expected one" in text
    assert "got '1.0.0' and '2.0.0' and '3.0.0'" in text


def test_entries_of_other_models_do_not_count() -> None:
    settings_of({"name": "other", "version": "1.0.0"}, model_version="3.0.0")


@pytest.mark.parametrize("setting", ["model_version", "fallback_version"])
def test_a_version_that_is_switched_off_is_not_named(setting: str) -> None:
    asked = {"model_version": "2.0.0", setting: "1.0.0"}
    text = refused({"version": "2.0.0"}, {"version": "1.0.0", "enabled": False}, **asked)
    wanted = f"ml.models.1.enabled and job.inference.{setting}: expected true, as the job names this version, "
    assert f"{wanted}got false and '1.0.0'; enable the version, or name another" in text


def test_a_file_and_the_registry_are_not_both_asked() -> None:
    text = refused({"version": "1.0.0", "path": "m.onnx"}, {"version": "2.0.0"})
    assert "ml.models.0.version and ml.models.1.version: expected one version of the job's model" in text
    assert "name one in job.inference.model_version" in text


def test_a_fallback_is_another_version() -> None:
    text = refused(model_version="2.0.0", fallback_version="v2")
    assert "job.inference.fallback_version and job.inference.model_version: expected another version" in text


def test_a_fallback_without_a_pin_would_do_nothing() -> None:
    assert "job.inference.fallback_version: expected '', as the registry chooses" in refused(fallback_version="1.0.0")


def test_all_contradictions_come_at_once() -> None:
    text = refused({"version": "3.0.0"}, model_version="2.0.0", fallback_version="2.0.0")
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize(
    ("models", "version", "is_followed"),
    [
        ([], "", True),
        ([], "1.0.0", False),
        ([{"version": "1", "path": "m.onnx"}], "", False),
        ([{"version": "1"}], "", True),
    ],
    ids=["nothing", "pin", "file", "entry"],
)
def test_promotions_reach_a_job_without_a_version_or_a_file(
    models: list[dict[str, Any]], version: str, is_followed: bool
) -> None:
    settings = settings_of(*models, model_version=version)
    assert settings.job is not None
    assert follows_registry(settings.ml, settings.job.inference) == is_followed

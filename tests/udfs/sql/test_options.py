"""Places of models and features that a query has."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.loading.loader import settings_from
from udfs.features.errors import FeatureError
from udfs.sql.options import CONFIG, MODELS, REGISTRY, SqlOptions, config_path

_VARIABLES = {"GRESS_REGISTRY": "/variable", "GRESS_CONFIG": "variable.yaml"}


@pytest.mark.parametrize(
    ("parameters", "variables", "want"),
    [
        ({}, {}, ("", "")),
        ({}, _VARIABLES, ("/variable", "variable.yaml")),
        ({REGISTRY: "/job", CONFIG: "job.yaml"}, _VARIABLES, ("/job", "job.yaml")),
        ({REGISTRY: "/job"}, _VARIABLES, ("/job", "variable.yaml")),
    ],
    ids=["neither", "variables", "parameters", "one of each"],
)
def test_parameters_of_the_job_win_over_variables(
    parameters: dict[str, str], variables: dict[str, str], want: tuple[str, str]
) -> None:
    found = SqlOptions.of_parameters(parameters.get, variables)
    assert (found.registry, found.config) == want


@pytest.mark.parametrize(
    ("registry", "want"),
    [
        ({"type": "s3", "s3_bucket": "models", "base_path": "team/a"}, "s3://models/team/a"),
        ({"type": "s3", "base_path": "s3://models/team"}, "s3://models/team"),
        ({"base_path": "/models"}, "/models"),
        ({}, str(Path("models").absolute())),
    ],
    ids=["bucket and prefix", "URL", "folder", "default"],
)
def test_registry_of_the_settings_keeps_its_bucket(registry: dict[str, str], want: str) -> None:
    settings = settings_from({"ml": {"model_registry": registry}})
    assert SqlOptions().registry_of(settings) == want
    assert SqlOptions("mine").registry_of(settings) == "mine"


def test_an_unknown_key_of_a_model_is_refused() -> None:
    text = (
        r"^job parameter gress\.models: model 'fraud': expected the keys model, .*, got 'verson'; nearest .*'version'$"
    )
    with pytest.raises(FeatureError, match=text):
        SqlOptions.of_parameters({MODELS: '{"fraud": {"model": "m", "verson": "1"}}'}.get)  # type: ignore[arg-type]


def test_settings_are_a_file_or_a_shipped_job(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("")
    assert config_path(str(tmp_path / "mine.yaml")) == tmp_path / "mine.yaml"
    assert config_path("ab-test").name == "ab_test.yaml"
    with pytest.raises(FeatureError, match=r"^settings: expected the name of a job or the path .*; jobs are ab-test, "):
        config_path("nothing-like-it.yaml")

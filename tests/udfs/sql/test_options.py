"""Places of models and features that a query has."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.loading.loader import settings_from
from udfs.sql.options import CONFIG, REGISTRY, SqlOptions

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

"""Values of the environment in errors of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.loading.loader import load_settings
from conf.loading.render import render_settings, render_yaml
from conf.settings import Settings
from jobs.errors import JobError, fail
from jobs.runs.hidden_values import hiding_values
from models.errors import ModelError
from models.errors import fail as fail_of_model
from tests.conf.job_text import JOB

SECRET = "hunter2"
TEXT = (
    "execution: {flink: {a.access-key: '${S}', a.secret-key: '${S}', b: 'x${S}y', c: '${SHORT}', d: plain, "
    "e: '${D:-default}'}}"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "c.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return load_settings(path, environ={"S": SECRET, "SHORT": "on"})


def test_an_error_shows_no_value_of_the_environment(settings: Settings) -> None:
    text = f"expected a duration on plain ground, got '{SECRET}', 'x{SECRET}y' and default"
    with pytest.raises(JobError) as caught, hiding_values(settings):
        fail("Kafka", text)
    assert str(caught.value) == "Kafka: expected a duration on plain ground, got '***', '***' and default"


def test_an_error_of_a_model_shows_none(settings: Settings) -> None:
    with pytest.raises(ModelError) as caught, hiding_values(settings):
        fail_of_model(f"model {SECRET}", f"wants {SECRET}", f"add {SECRET}")
    assert str(caught.value) == "model *** wants ***; add ***"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRESS_EXECUTION__FLINK__S3__ENDPOINT", SECRET),
        ("GRESS_EXECUTION__FLINK", f"{{s3.endpoint: {SECRET}, a: plain}}"),
        ("GRESS_JOB__SOURCE__KAFKA__OPTIONS__CLIENT__RACK", SECRET),
    ],
    ids=["option of Flink", "options of Flink", "option of Kafka"],
)
def test_no_option_that_a_variable_gives_to_flink_or_kafka_is_shown(name: str, value: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(JOB + "  source: {kafka: {servers: 'a:1', topics: [t]}}\n", encoding="utf-8")
    settings = load_settings(path, environ={name: value})
    with pytest.raises(JobError, match=r"^Kafka: refuses \*\*\*$"), hiding_values(settings):
        fail("Kafka", f"refuses {SECRET}")
    assert SECRET not in render_yaml(settings)


def test_an_option_of_the_command_line_is_shown_in_the_place_of_a_variables(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("execution: {parallelism: 1}", encoding="utf-8")
    environ = {"GRESS_EXECUTION__FLINK__A": SECRET, "GRESS_EXECUTION__PARALLELISM": "2"}
    settings = load_settings(path, overrides=["execution.flink.a=plain"], environ=environ)
    shown = render_settings(settings)["execution"]
    assert (shown["flink"], shown["parallelism"]) == ({"a": "plain"}, 2)

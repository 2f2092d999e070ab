"""Values of the environment in errors of a run, and in Flink's REST API."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.loading.loader import load_settings
from conf.settings import Settings
from jobs.errors import JobError, fail
from jobs.runs.hidden_values import hiding_values, values_that_flink_shows
from models.errors import ModelError
from models.errors import fail as fail_of_model

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


def test_options_that_flink_shows_are_told(settings: Settings) -> None:
    assert values_that_flink_shows(settings) == ["a.access-key", "b", "c"]

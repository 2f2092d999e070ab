"""Settings that functions carry to workers hold no secrets."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from conf.loading.schema import setting_keys
from conf.settings import Settings

SECRET = "hunter2hunter2"
WITH_SECRETS = f"""
  source: {{kafka: {{servers: 'a:1', topics: [t], options: {{sasl.jaas.config: '${{S}}'}}}}}}
  sink:
    kafka: {{servers: 'a:1', predictions: p, dead_letters: d, options: {{ssl.key.password: '${{S}}'}}}}
    jdbc:
      url: jdbc:postgresql://h:1/d
      user: u
      password: '${{S}}'
      predictions: p
      options: {{sslmode: '${{S}}'}}
execution: {{flink: {{s3.secret-key: {SECRET}, s3.access-key: '${{S}}'}}}}
"""


@pytest.fixture
def settings(job_yaml: str, load: Callable[..., Settings]) -> Settings:
    return load(job_yaml + WITH_SECRETS, environ={"S": SECRET})


def _pickled(value: object) -> Any:
    return pickle.loads(pickle.dumps(value))


def test_pickled_settings_hold_no_secret(settings: Settings) -> None:
    assert SECRET in str(settings.model_dump())
    assert SECRET.encode() not in pickle.dumps(settings)


def test_the_text_of_settings_holds_no_secret(settings: Settings) -> None:
    assert SECRET not in f"{settings!r} {settings}"
    assert "predictions='p'" in repr(settings)


def test_pickled_settings_say_what_is_written_where(settings: Settings) -> None:
    job = _pickled(settings.job)
    assert (job.sink.kafka.predictions, job.source.kafka.topics, job.sink.jdbc.user) == ("p", ("t",), "u")
    assert (job.sink.kafka.options, job.source.kafka.options, job.sink.jdbc.password) == ({}, {}, None)


def test_copies_within_a_process_are_whole(settings: Settings) -> None:
    assert copy.deepcopy(settings) == copy.copy(settings) == settings


def test_a_pickle_changes_settings_without_secrets_in_nothing(job_yaml: str, load: Callable[..., Settings]) -> None:
    settings = load(job_yaml)
    assert _pickled(settings) == settings


def test_free_options_of_others_stay_off_workers() -> None:
    """Keys of such a mapping are any names, so that any of them may hold a secret."""
    free = {key.path for key in setting_keys(Settings) if key.path[-1] in ("options", "flink", "password")}
    assert free == {
        ("job", "source", "kafka", "options"),
        ("job", "labels", "kafka", "options"),
        ("job", "sink", "kafka", "options"),
        ("job", "sink", "jdbc", "options"),
        ("job", "sink", "jdbc", "password"),
        ("execution", "flink"),
    }

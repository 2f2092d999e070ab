from __future__ import annotations

from pathlib import Path

import pytest

from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config
from jobs.errors import JobError
from jobs.sources.kafka import KafkaInput, find_kafka_input, table_options

SOURCE = ["job.source.kafka.servers=a:9092", "job.source.kafka.topics=[events]"]


def _job(overrides: list[str]) -> JobSettings:
    job = load_settings(default_config("fraud-detection"), overrides=overrides, environ={}).job
    assert job is not None
    return job


def _found(text: str, overrides: list[str]) -> KafkaInput | None:
    return find_kafka_input(text, _job(overrides), "job.yaml")


@pytest.mark.parametrize("text", ["", "kafka:"])
def test_settings_say_which_topics(text: str) -> None:
    found = _found(text, SOURCE)
    assert found is not None
    assert (found.settings.topics, found.group, found.is_bounded) == (("events",), "fraud-detection", False)


def test_topics_of_the_command_line_win_and_the_rest_stays() -> None:
    found = _found("kafka:one, two", [*SOURCE, "job.source.kafka.stop=latest", "job.source.kafka.idle_timeout=7s"])
    assert found is not None
    assert found.settings.topics == ("one", "two")
    assert (found.settings.servers, found.settings.idle_timeout_ms, found.is_bounded) == ("a:9092", 7_000, True)


@pytest.mark.parametrize(("text", "overrides"), [("in.jsonl", SOURCE), ("generator:days=1", SOURCE), ("", [])])
def test_other_input_is_left_to_others(text: str, overrides: list[str]) -> None:
    assert _found(text, overrides) is None


@pytest.mark.parametrize(
    ("more", "level"),
    [([], "read_committed"), (["job.source.kafka.options.isolation.level=read_uncommitted"], "read_uncommitted")],
    ids=["default", "set"],
)
def test_records_of_aborted_transactions_are_read_only_on_request(more: list[str], level: str) -> None:
    found = _found("kafka:", [*SOURCE, *more])
    assert found is not None
    assert table_options(found, has_windows=True)["properties.isolation.level"] == level


def test_kafka_without_settings_is_refused() -> None:
    with pytest.raises(JobError, match=r"input kafka:x: expected job.source.kafka in job.yaml, got none"):
        _found("kafka:x", [])


def test_a_folder_is_claimed_only_by_a_run_that_can_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.runs.prepare import RunRequest, prepare
    from tests.support.fraud_config import write_fraud_config

    monkeypatch.setenv("GRESS_JARS", str(tmp_path / "jars"))
    request = RunRequest(
        "fraud-detection", tmp_path / "out", "kafka:", write_fraud_config(tmp_path / "c"), SOURCE, environ={}
    )
    with pytest.raises(JobError, match=r"Kafka's connector: expected .* got nothing there; gress jars fetch$"):
        prepare(request, needs_model=True)
    assert not (tmp_path / "out").exists()

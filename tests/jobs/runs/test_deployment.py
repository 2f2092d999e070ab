"""Consumer groups and transactional ids of runs on one Kafka cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.labels import LabelsSettings
from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config
from jobs.runs import deployment
from jobs.runs.deployment import with_names_in_kafka

KAFKA = (
    "job.source.kafka={servers: 'a:1', topics: [e]}",
    "job.sink.kafka={servers: 'a:1', predictions: p, alerts: a, dead_letters: d}",
)


def _named(output: Path, *overrides: str) -> JobSettings:
    settings = load_settings(default_config("fraud-detection"), overrides=[*KAFKA, *overrides], environ={})
    assert settings.job is not None
    settings, job = with_names_in_kafka(settings, settings.job, output)
    assert settings.job is job
    return job


def _names(job: JobSettings) -> tuple[str | None, str | None]:
    assert job.source.kafka is not None
    assert job.sink.kafka is not None
    return job.source.kafka.group, job.sink.kafka.transaction_prefix


def test_a_run_in_the_same_folder_keeps_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    group, prefix = _names(_named(tmp_path / "out"))
    assert group == prefix == _names(_named(Path("out")))[0]
    assert str(group).startswith("fraud-detection-")


def test_runs_of_one_job_in_two_folders_or_on_two_machines_have_names_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {_names(_named(tmp_path / name)) for name in ("a", "b")}
    monkeypatch.setattr(deployment.platform, "node", lambda: "another")
    found.add(_names(_named(tmp_path / "a")))
    assert len(found) == 3
    monkeypatch.setenv("PYFLINK_GATEWAY_PORT", "1")
    of_cluster = _names(_named(tmp_path / "a"))
    monkeypatch.setattr(deployment.platform, "node", lambda: "a third")
    assert of_cluster not in found
    assert _names(_named(tmp_path / "a")) == of_cluster


def test_labels_are_read_in_the_deployments_group_too(tmp_path: Path) -> None:
    settings = load_settings(default_config("fraud-detection"), environ={})
    fields = {"i": {"type": "long"}, "at": {"type": "timestamp"}, "truth": {"type": "long"}}
    parts = {"id": "i", "time": "at", "label": "truth", "fields": fields}
    labels = LabelsSettings.model_validate({"kafka": {"servers": "a:1", "topics": ["l"]}, **parts})
    assert settings.job is not None
    _, job = with_names_in_kafka(settings, settings.job.model_copy(update={"labels": labels}), tmp_path)
    assert job.labels is not None
    assert job.labels.kafka is not None
    assert str(job.labels.kafka.group).startswith("fraud-detection-")


def test_names_that_are_set_stay(tmp_path: Path) -> None:
    job = _named(tmp_path, "job.source.kafka.group=g", "job.sink.kafka.transaction_prefix=t")
    assert _names(job) == ("g", "t")


def test_a_job_without_topics_has_none(tmp_path: Path) -> None:
    settings = load_settings(default_config("fraud-detection"), environ={})
    assert settings.job is not None
    assert with_names_in_kafka(settings, settings.job, tmp_path) == (settings, settings.job)

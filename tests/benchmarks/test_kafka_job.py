"""Files that benchmarks with Kafka need before they begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import kafka_job
from jobs.errors import JobError
from jobs.kafka.jars import BROKER, CONNECTOR


@pytest.mark.parametrize(
    ("there", "is_fetched"),
    [((CONNECTOR, BROKER), False), ((CONNECTOR,), True), ((), True)],
    ids=["all", "no broker", "none"],
)
def test_jars_are_fetched_where_they_are_missing(
    there: tuple[str, ...],
    is_fetched: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fetched: list[tuple[Path, tuple[str, ...]]] = []

    def find(part: str, folder: Path) -> list[Path]:
        if part not in there:
            raise JobError(part, "expected a jar")
        return [folder / part]

    monkeypatch.setenv("GRESS_JARS", str(tmp_path))
    monkeypatch.setattr(kafka_job, "find_jars", find)
    monkeypatch.setattr(kafka_job, "fetch_jars", lambda folder, *, parts: fetched.append((folder, parts)))
    kafka_job.fetch_missing_jars()
    assert fetched == ([(tmp_path, (CONNECTOR, BROKER))] if is_fetched else [])
    assert bool(capsys.readouterr().err) == is_fetched

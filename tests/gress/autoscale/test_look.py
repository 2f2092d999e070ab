from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gress.autoscale.graph import Look, Totals
from gress.autoscale.look import look_at_job
from jobs.errors import JobError
from jobs.flink.rest import FlinkRest
from tests.gress.autoscale.flink_job import PATH, SINK, SOURCE, WORK, elastic_job, metrics_path, source_metrics, sums
from tests.support.flink_stub import JOB, FlinkStub, serve


@pytest.fixture
def flink() -> Iterator[FlinkStub]:
    with serve(FlinkStub()) as stub:
        stub.answers = elastic_job(busy_ms=4_000, pending="17.0")
        yield stub


def look(flink: FlinkStub) -> Look:
    return look_at_job(FlinkRest(flink.address), JOB, 12.0)


def test_look_finds_what_the_cluster_says(flink: FlinkStub) -> None:
    found = look(flink)
    assert (found.at_s, found.state, found.is_whole, found.slots, found.attempt) == (12.0, "RUNNING", True, 8, 1_000)
    assert list(found.vertices) == [SOURCE, WORK, SINK]
    source, work = found.vertices[SOURCE], found.vertices[WORK]
    assert (source.name, source.is_source, source.partitions, source.pending) == ("Source: events", True, 3, 17.0)
    assert (work.inputs, work.tied_to, work.max_parallelism) == ((SOURCE,), (), 120)
    assert work.totals == Totals(1_000.0, 4_000.0, 6_000.0, 0.0, 1_000.0)
    assert (found.vertices[SINK].tied_to, found.vertices[SINK].max_parallelism) == ((WORK,), 1)


def test_vertex_with_a_task_that_reports_no_number_has_no_counts(flink: FlinkStub) -> None:
    assert look(flink).vertices[SINK].totals is None


@pytest.mark.parametrize(
    "answer",
    [[], sums("NaN", 1, 1), sums(1, "NaN", 1), sums(1, "Infinity", 1), [{"id": "numRecordsIn"}]],
    ids=["none", "records", "time", "infinite", "without a sum"],
)
def test_metrics_that_are_no_numbers_are_no_counts(answer: Any, flink: FlinkStub) -> None:
    flink.answers[metrics_path(WORK)] = answer
    assert look(flink).vertices[WORK].totals is None


def test_source_without_a_backlog_metric_does_not_say(flink: FlinkStub) -> None:
    flink.answers[metrics_path(SOURCE)] = sums(5, 1, 1)
    source = look(flink).vertices[SOURCE]
    assert (source.pending, source.partitions) == (None, None)


def test_backlog_that_is_no_number_is_not_said(flink: FlinkStub) -> None:
    flink.answers[metrics_path(SOURCE)] = source_metrics(5, 1, 1, "NaN")
    assert look(flink).vertices[SOURCE].pending is None


@pytest.mark.parametrize("status", ["CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING", "FAILED"])
def test_job_is_not_whole_before_all_tasks_run(status: str, flink: FlinkStub) -> None:
    flink.answers[PATH]["vertices"][0]["status"] = status
    assert not look(flink).is_whole


def test_job_that_is_not_there_is_an_error(flink: FlinkStub) -> None:
    del flink.answers[PATH]
    with pytest.raises(JobError, match="Not found: x"):
        look(flink)

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gress.cluster.savepoints import find_checkpoint, take_savepoint
from jobs.errors import JobError
from jobs.flink.rest import FlinkRest
from tests.support.flink_stub import JOB, FlinkStub, Series, overview, serve

OTHER = "f" * 32
DONE = {"status": {"id": "COMPLETED"}, "operation": {"location": "file:/sp/savepoint-1"}}


@pytest.fixture
def flink() -> Iterator[FlinkStub]:
    with serve(FlinkStub()) as stub:
        stub.answers = {
            "/jobs/overview": overview((JOB, "fraud", "RUNNING", 1)),
            f"/jobs/{JOB}": _at_work("RUNNING"),
            f"/jobs/{JOB}/stop": {"request-id": "r1"},
            f"/jobs/{JOB}/savepoints": {"request-id": "r1"},
            f"/jobs/{JOB}/savepoints/r1": Series({"status": {"id": "IN_PROGRESS"}}, DONE),
        }
        yield stub


def _at_work(task: str) -> dict[str, Any]:
    return {"state": "RUNNING", "vertices": [{"tasks": {task: 2, "FAILED": 0}}]}


def take(flink: FlinkStub, target: str, **more: Any) -> str:
    return take_savepoint(FlinkRest(flink.address), "fraud", target, sleep=lambda _: None, **more)


def test_savepoint_is_asked_for_and_waited_for(flink: FlinkStub, tmp_path: Path) -> None:
    assert take(flink, str(tmp_path)) == "file:/sp/savepoint-1"
    body = {"target-directory": f"file://{tmp_path}", "cancel-job": False}
    assert ("POST", f"/jobs/{JOB}/savepoints", body) in flink.asked


def test_stopping_does_not_drain_what_windows_hold(flink: FlinkStub) -> None:
    take(flink, "s3://bucket/sp", is_stopping=True)
    assert ("POST", f"/jobs/{JOB}/stop", {"targetDirectory": "s3://bucket/sp", "drain": False}) in flink.asked


def test_tasks_that_still_start_are_waited_for(flink: FlinkStub) -> None:
    flink.answers[f"/jobs/{JOB}"] = Series(_at_work("INITIALIZING"), _at_work("DEPLOYING"), _at_work("RUNNING"))
    take(flink, "/sp")
    before = [path for method, path, _ in flink.asked if method == "GET"].count(f"/jobs/{JOB}")
    assert before == 3


def test_failed_savepoint_says_why(flink: FlinkStub) -> None:
    trace = "java.X: outer\n\tat y\nCaused by: java.io.IOException: disk full"
    flink.answers[f"/jobs/{JOB}/savepoints/r1"] = {
        "status": {"id": "COMPLETED"},
        "operation": {"failure-cause": {"stack-trace": trace}},
    }
    with pytest.raises(JobError, match=r"job 'fraud': the savepoint failed: java\.io\.IOException: disk full"):
        take(flink, "/sp")


def test_savepoint_that_does_not_come_is_given_up(flink: FlinkStub) -> None:
    flink.answers[f"/jobs/{JOB}/savepoints/r1"] = {"status": {"id": "IN_PROGRESS"}}
    with pytest.raises(JobError, match=r"expected a savepoint within 0 s, got none yet"):
        take(flink, "/sp", timeout_s=0.2)


def test_job_that_ended_has_no_savepoint(flink: FlinkStub) -> None:
    flink.answers["/jobs/overview"] = overview((JOB, "fraud", "FAILED", 1))
    with pytest.raises(JobError, match=r"expected one that runs, got one that is FAILED"):
        take(flink, "/sp")


@pytest.fixture
def checkpoints(flink: FlinkStub, tmp_path: Path) -> Path:
    """Retained checkpoints 9 and 10 of a job, and a newer one that was not finished."""
    flink.answers["/jobmanager/config"] = [{"key": "execution.checkpointing.dir", "value": f"file://{tmp_path}"}]
    for number in (9, 10):
        _retain(tmp_path, JOB, number)
    (tmp_path / JOB / "chk-11").mkdir()
    return tmp_path


def _retain(folder: Path, job: str, number: int) -> None:
    (folder / job / f"chk-{number}").mkdir(parents=True)
    (folder / job / f"chk-{number}" / "_metadata").touch()


@pytest.mark.parametrize("which", [JOB, "latest"])
def test_newest_complete_checkpoint_is_found(flink: FlinkStub, checkpoints: Path, which: str) -> None:
    assert find_checkpoint(FlinkRest(flink.address), which) == f"file://{checkpoints}/{JOB}/chk-10"


@pytest.mark.parametrize("which", ["/cp/chk-3", "s3://bucket/cp/chk-3"])
def test_checkpoint_is_named_by_path_too(flink: FlinkStub, which: str) -> None:
    assert find_checkpoint(FlinkRest(flink.address), which).endswith("/cp/chk-3")
    assert flink.asked == []


def test_latest_of_several_jobs_is_refused(flink: FlinkStub, checkpoints: Path) -> None:
    _retain(checkpoints, OTHER, 1)
    with pytest.raises(JobError, match=f"expected checkpoints of one job in .*, got those of {JOB}, {OTHER}"):
        find_checkpoint(FlinkRest(flink.address), "latest")


def test_job_without_checkpoints_is_refused(flink: FlinkStub, checkpoints: Path) -> None:
    with pytest.raises(JobError, match=f"checkpoint of job {OTHER}: expected one in {checkpoints}, got none"):
        find_checkpoint(FlinkRest(flink.address), OTHER)


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ([], "expected execution.checkpointing.dir in its configuration, got none"),
        ([{"key": "execution.checkpointing.dir", "value": "s3://b/cp"}], "expected checkpoints in files .* got s3://b/cp"),
    ],
    ids=["none", "elsewhere"],
)
def test_folder_that_cannot_be_searched_is_refused(flink: FlinkStub, entries: list[dict[str, str]], text: str) -> None:
    flink.answers["/jobmanager/config"] = entries
    with pytest.raises(JobError, match=text):
        find_checkpoint(FlinkRest(flink.address), JOB)

"""A checkpoint is asked for when tasks have ended, others have not, and none is under way, and when the last failed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from jobs.runs.watches.final_checkpoint import FinalCheckpoint
from tests.support.flink_stub import JOB, FlinkStub, Series, serve

CHECKPOINTS = f"/jobs/{JOB}/checkpoints"


@pytest.fixture
def flink() -> Iterator[FlinkStub]:
    with serve(FlinkStub()) as stub:
        stub.answers[CHECKPOINTS] = checkpoints()
        yield stub


def tasks(finished: int, total: int = 4) -> dict[str, object]:
    return {"jobs": [{"jid": JOB, "tasks": {"total": total, "finished": finished}}]}


def checkpoints(in_progress: int = 0, *, failed: int | None = None, completed: int | None = None) -> dict[str, object]:
    """The answer about checkpoints: how many are under way, and the number of the last that failed or was completed."""
    latest = {
        name: None if number is None else {"id": number}
        for name, number in (("failed", failed), ("completed", completed))
    }
    return {"counts": {"in_progress": in_progress}, "latest": latest}


def watch(flink: FlinkStub, *looks: dict[str, object], more: int = 3) -> int:
    """Watch until the last answer was given some more times, and return the number of checkpoints asked for."""
    flink.answers["/jobs/overview"] = Series(*looks)
    with FinalCheckpoint(flink.address, 0.01):
        end_s = time.monotonic() + 30
        while [path for _, path, _ in flink.asked].count("/jobs/overview") < len(looks) + more:
            assert time.monotonic() < end_s
            time.sleep(0.005)
    return sum(method == "POST" and path == CHECKPOINTS for method, path, _ in flink.asked)


def test_tasks_that_wait_get_one_checkpoint(flink: FlinkStub) -> None:
    assert watch(flink, {"jobs": []}, tasks(0), tasks(1), tasks(1)) == 1


def test_each_further_task_that_ends_is_a_reason_to_ask_again(flink: FlinkStub) -> None:
    assert watch(flink, tasks(1), tasks(1), tasks(1), tasks(2)) == 2


@pytest.mark.parametrize("looks", [[tasks(0)], [tasks(1), tasks(2), tasks(3), tasks(4)], [{"jobs": []}]])
def test_a_run_that_goes_on_or_ends_needs_none(looks: list[dict[str, object]], flink: FlinkStub) -> None:
    assert watch(flink, *looks) == 0


def test_a_checkpoint_that_is_under_way_is_waited_for(flink: FlinkStub) -> None:
    flink.answers[CHECKPOINTS] = Series(checkpoints(1), checkpoints(1), checkpoints())
    assert watch(flink, tasks(1), more=8) == 1


def test_a_checkpoint_that_failed_is_asked_for_again_and_less_often_each_time(flink: FlinkStub) -> None:
    answers = [checkpoints(failed=1, completed=0)] * 6 + [checkpoints(failed=2)] * 12
    flink.answers[CHECKPOINTS] = Series(*answers, checkpoints(failed=2, completed=3))
    assert watch(flink, *[tasks(0)] * (len(answers) + 2)) == 2
    asked = [method for method, path, _ in flink.asked if path == CHECKPOINTS]
    assert [place for place, method in enumerate(asked) if method == "POST"] == [5, 16]


def test_a_checkpoint_that_failed_before_one_that_did_not_is_no_reason(flink: FlinkStub) -> None:
    flink.answers[CHECKPOINTS] = checkpoints(failed=4, completed=5)
    assert watch(flink, tasks(0), more=12) == 0


def test_a_failure_after_a_success_is_asked_about_as_soon_as_the_first(flink: FlinkStub) -> None:
    first, success = [checkpoints(failed=1)] * 6, checkpoints(failed=1, completed=2)
    flink.answers[CHECKPOINTS] = Series(*first, success, *[checkpoints(failed=3, completed=2)] * 7, success)
    assert watch(flink, *[tasks(0)] * 16) == 2


def test_an_api_that_is_not_there_ends_nothing() -> None:
    with FinalCheckpoint("127.0.0.1:1", 0.01) as watch:
        time.sleep(0.05)
        assert watch._thread.is_alive()

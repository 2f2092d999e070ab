"""A checkpoint is asked for when tasks have ended, others have not, and none is under way."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from jobs.runs.final_checkpoint import FinalCheckpoint
from tests.support.flink_stub import JOB, FlinkStub, Series, serve

CHECKPOINTS = f"/jobs/{JOB}/checkpoints"


@pytest.fixture
def flink() -> Iterator[FlinkStub]:
    with serve(FlinkStub()) as stub:
        stub.answers[CHECKPOINTS] = {"counts": {"in_progress": 0}}
        yield stub


def tasks(finished: int, total: int = 4) -> dict[str, object]:
    return {"jobs": [{"jid": JOB, "tasks": {"total": total, "finished": finished}}]}


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
    busy, idle = ({"counts": {"in_progress": number}} for number in (1, 0))
    flink.answers[CHECKPOINTS] = Series(busy, busy, idle)
    assert watch(flink, tasks(1), more=8) == 1


def test_an_api_that_is_not_there_ends_nothing() -> None:
    with FinalCheckpoint("127.0.0.1:1", 0.01) as watch:
        time.sleep(0.05)
        assert watch._thread.is_alive()

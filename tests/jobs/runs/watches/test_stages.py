"""Stages of a run's start are told once each, in order, whatever the length of the run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.runs.watches.stages import Stage, Stages, StartWatch, process_age_s
from tests.support.flink_stub import JOB, FlinkStub, Series, serve

WAITING = {"vertices": [{"status": "RUNNING"}, {"status": "INITIALIZING"}]}
RUNNING = {"vertices": [{"status": "RUNNING"}, {"status": "FINISHED"}]}
JOBS = {"jobs": [{"jid": JOB, "name": "j", "state": "RUNNING", "start-time": 1}]}
GONE = "127.0.0.1:1"


class Told:
    """The stages that a run told, and a way to wait for one."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, stage: Stage) -> None:
        self.names.append(stage.name)

    def wait_for(self, name: str) -> None:
        end_s = time.monotonic() + 20
        while name not in self.names:
            assert time.monotonic() < end_s, self.names
            time.sleep(0.01)


def write(output: Path, text: str = "x\n") -> None:
    (output / "predictions").mkdir(exist_ok=True)
    with (output / "predictions" / "part-0").open("a") as file:
        file.write(text)


def test_stages_follow_one_another_from_the_start_of_the_process() -> None:
    told, now = [], iter([10.0, 11.5, 14.0])
    stages = Stages(told.append, age_s=0.5, clock=lambda: next(now))
    stages.end("imports")
    stages.end("JVM")
    stages.end_all()
    assert [(each.name, each.seconds) for each in told] == [
        ("imports", 2.0),
        ("JVM", 2.5),
        ("from the command to the first row", 4.5),
    ]


def test_tasks_run_and_then_comes_the_first_row(tmp_path: Path) -> None:
    told = Told()
    with serve(FlinkStub()) as flink:
        flink.answers = {
            "/jobs/overview": Series({"jobs": []}, JOBS),
            f"/jobs/{JOB}": Series({"vertices": []}, WAITING, RUNNING),
        }
        with StartWatch(Stages(told), flink.address, tmp_path):
            told.wait_for("workers")
            assert told.names == ["workers"]
            assert [path for _, path, _ in flink.asked].count(f"/jobs/{JOB}") == 3
            write(tmp_path)
            told.wait_for("from the command to the first row")
    assert told.names == ["workers", "first row", "from the command to the first row"]


def end_at_once(output: Path) -> None:
    write(output)


def end_before_any_row(output: Path) -> None:
    write(output, "")


@pytest.mark.parametrize(("act", "names"), [(end_at_once, 3), (end_before_any_row, 0)])
def test_a_run_that_ends_between_two_looks(act: Callable[[Path], None], names: int, tmp_path: Path) -> None:
    told = Told()
    with StartWatch(Stages(told), GONE, tmp_path):
        act(tmp_path)
    assert len(told.names) == names


def test_rows_of_an_earlier_run_are_not_the_first(tmp_path: Path) -> None:
    told = Told()
    write(tmp_path)
    with StartWatch(Stages(told), GONE, tmp_path):
        pass
    assert told.names == []


def test_rows_that_go_elsewhere_are_not_waited_for() -> None:
    told = Told()
    with serve(FlinkStub()) as flink:
        flink.answers = {"/jobs/overview": JOBS, f"/jobs/{JOB}": RUNNING}
        with StartWatch(Stages(told), flink.address, None):
            told.wait_for("workers")
    assert told.names == ["workers"]


def test_nobody_listens_and_nobody_watches(tmp_path: Path) -> None:
    before = threading.active_count()
    with StartWatch(Stages(), GONE, tmp_path):
        assert threading.active_count() == before


def test_age_of_this_process() -> None:
    assert 0.1 < process_age_s() < 24 * 3600

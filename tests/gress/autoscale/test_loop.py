from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gress.autoscale.decision import Decision
from gress.autoscale.loop import Surroundings, autoscale, require_adaptive, rescale
from gress.autoscale.policy import Policy
from jobs.errors import JobError
from jobs.flink.rest import FlinkRest
from tests.gress.autoscale.flink_job import PATH, SINK, SOURCE, WORK, elastic_job, metrics_path, source_metrics, sums
from tests.support.flink_stub import JOB, FlinkStub, serve

LOOK_S = 5.0


@pytest.fixture
def flink() -> Iterator[FlinkStub]:
    with serve(FlinkStub()) as stub:
        stub.answers = elastic_job()
        yield stub


def run(flink: FlinkStub, looks: int, change: Callable[[int], Any], *, is_dry: bool = False) -> list[Decision]:
    """Run the loop for some looks; ``change`` sets the answers for the look of a number."""
    told: list[Decision] = []
    number = 0

    def wait() -> bool:
        nonlocal number
        number += 1
        change(number)
        return number >= looks

    change(0)
    around = Surroundings(told.append, lambda: number * LOOK_S, wait)
    autoscale(FlinkRest(flink.address, timeout_s=2.0), JOB, Policy(), around, is_dry=is_dry)
    return told


def overloaded(flink: FlinkStub) -> Callable[[int], None]:
    """A vertex that always works, on 100 records a second, while 200 arrive."""

    def change(number: int) -> None:
        passed = int(number * LOOK_S * 1_000)
        busy = passed // 20
        flink.answers[metrics_path(SOURCE)] = source_metrics(passed // 10, busy, passed - busy, passed // 10)
        flink.answers[metrics_path(WORK)] = sums(passed // 10, passed, 0)
        flink.answers[metrics_path(SINK)] = sums(passed // 10, 0, passed)

    return change


def puts(flink: FlinkStub) -> list[Any]:
    return [body for method, path, body in flink.asked if (method, path) == ("PUT", f"{PATH}/resource-requirements")]


def test_job_that_falls_behind_gets_more_tasks_once(flink: FlinkStub) -> None:
    told = run(flink, 12, overloaded(flink))
    (asked,) = puts(flink)
    assert {name: found["parallelism"]["lowerBound"] for name, found in asked.items()} == {SOURCE: 1, WORK: 1, SINK: 1}
    # 200 a second and a 120th of what waits, at 100 a task and 70 %; the sink has one key group.
    assert [asked[name]["parallelism"]["upperBound"] for name in (SOURCE, WORK, SINK)] == [1, 4, 1]
    assert [each.action for each in told].count("up") == 1
    assert told[-1].cause == "asked"


def test_dry_run_changes_nothing_and_says_what_it_would(flink: FlinkStub) -> None:
    told = run(flink, 12, overloaded(flink), is_dry=True)
    assert puts(flink) == []
    assert "up" in [each.action for each in told]


@pytest.mark.parametrize("state", ["FINISHED", "CANCELED", "FAILED"])
def test_loop_ends_with_the_job(state: str, flink: FlinkStub) -> None:
    flink.answers = elastic_job(state)
    told: list[Decision] = []
    around = Surroundings(told.append, lambda: 0.0, lambda: False)
    assert autoscale(FlinkRest(flink.address), JOB, Policy(), around) == state
    assert told[0].reason == f"the job is {state}"


def test_job_that_is_gone_ends_the_loop_with_an_error(flink: FlinkStub) -> None:
    def change(number: int) -> None:
        if number == 2:
            del flink.answers[PATH]
            flink.answers["/jobs/overview"] = {"jobs": []}

    with pytest.raises(JobError, match=f"job {JOB}: cluster .* does not know it any more; it was started anew"):
        run(flink, 5, change)


def test_answer_that_is_missing_for_a_while_is_waited_for(flink: FlinkStub) -> None:
    whole = dict(flink.answers)

    def change(number: int) -> None:
        flink.answers = {key: value for key, value in whole.items() if number != 2 or key != PATH}

    told = run(flink, 4, change)
    assert [each.cause for each in told] == ["starting", "starting", "cluster", "starting"]
    assert "Not found: x" in told[2].reason


@pytest.mark.parametrize(
    "answer",
    [[], {"plan": {"nodes": []}}, {"state": "RUNNING", "vertices": [{}], "plan": {"nodes": []}}, "RUNNING", 7],
    ids=["list", "without state", "without id", "text", "number"],
)
def test_answer_of_another_shape_is_waited_for(answer: Any, flink: FlinkStub) -> None:
    def change(number: int) -> None:
        flink.answers[PATH] = answer

    told = run(flink, 2, change)
    assert {(each.action, each.cause) for each in told} == {("hold", "cluster")}
    assert "expected answers of Flink's REST API, got others" in told[0].reason


def test_refused_rescale_is_told_and_tried_again(flink: FlinkStub) -> None:
    del flink.answers[f"{PATH}/resource-requirements"]
    told = run(flink, 12, overloaded(flink))
    assert len(puts(flink)) > 1
    assert [each.cause for each in told].count("cluster") == len(puts(flink))


def test_cluster_that_went_away_is_waited_for() -> None:
    told: list[Decision] = []
    stub = FlinkStub()
    stub.answers = elastic_job()
    with serve(stub):
        rest = FlinkRest(stub.address, timeout_s=0.5)
        require_adaptive(rest)

    class Known(FlinkRest):
        """A client that saw the configuration before the cluster went."""

        def get(self, path: str) -> Any:
            return stub.answers[path] if path == "/jobmanager/config" else super().get(path)

    autoscale(Known(stub.address, timeout_s=0.5), JOB, Policy(), Surroundings(told.append, float, lambda: True))
    assert [(each.action, each.cause) for each in told] == [("hold", "cluster")]
    assert "gress cluster up" in told[0].reason


@pytest.mark.parametrize("settings", [[], [{"key": "jobmanager.scheduler", "value": "Default"}]], ids=["none", "other"])
def test_cluster_without_the_adaptive_scheduler_is_refused(settings: Any, flink: FlinkStub) -> None:
    flink.answers["/jobmanager/config"] = settings
    text = "expected jobmanager.scheduler: adaptive, got Default; gress cluster up --adaptive"
    with pytest.raises(JobError, match=text):
        run(flink, 1, lambda _: None)


def test_rescale_lets_flink_run_with_fewer_slots(flink: FlinkStub) -> None:
    rescale(FlinkRest(flink.address), JOB, {WORK: 4})
    assert puts(flink) == [{WORK: {"parallelism": {"lowerBound": 1, "upperBound": 4}}}]

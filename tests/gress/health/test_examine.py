from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gress.health.checks import CHECKS, Check, Limits, State, run_checks
from gress.health.examine import EXIT_CODES, Health, examine, worst
from gress.health.facts import CheckpointFacts, JobFacts
from gress.health.server import health_server
from jobs.flink.rest import RunningJob
from tests.support.flink_stub import JOB, FlinkStub, healthy_job, overview, serve

NOW_MS = 10_000_000
WELL = JobFacts(
    job=RunningJob(JOB, "fraud", "RUNNING", NOW_MS - 600_000),
    tasks={"RUNNING": 4},
    restarts=0,
    checkpoints=CheckpointFacts(10_000, 60, 0, NOW_MS - 5_000, 120),
    back_pressure={"Source": 0.2},
    pending=17,
)


def checks_of(facts: JobFacts, limits: Limits | None = None) -> dict[str, Check]:
    return {check.name: check for check in run_checks(facts, limits or Limits(), NOW_MS)}


def in_state(state: str, facts: JobFacts = WELL) -> JobFacts:
    return replace(facts, job=replace(facts.job, state=state))


def with_checkpoints(**changes: Any) -> JobFacts:
    assert WELL.checkpoints is not None
    return replace(WELL, checkpoints=replace(WELL.checkpoints, **changes))


def test_job_that_is_well_passes_every_check() -> None:
    found = checks_of(WELL)
    assert len(found) == len(CHECKS)
    assert {check.state for check in found.values()} == {"ok"}
    assert found["checkpoints"].detail == "60 completed, last 5 s ago, took 120 ms, 0 failed"
    assert found["lag"].detail == "17 records"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("RUNNING", "ok"),
        ("FINISHED", "ok"),
        ("CREATED", "degraded"),
        ("RESTARTING", "degraded"),
        ("FAILING", "degraded"),
        ("FAILED", "down"),
        ("CANCELED", "down"),
    ],
)
def test_job_is_as_well_as_its_state(state: str, expected: State) -> None:
    assert checks_of(in_state(state))["state"].state == expected


@pytest.mark.parametrize("state", ["INITIALIZING", "FINISHED", "FAILED", "CANCELED"])
def test_job_that_ended_or_has_not_begun_is_judged_by_its_state_alone(state: str) -> None:
    assert list(checks_of(in_state(state, with_checkpoints(last_completed_ms=1)))) == ["state"]


def test_failed_job_says_why() -> None:
    failed = in_state("FAILED", replace(WELL, last_failure="ValueError: no"))
    assert checks_of(failed)["state"].detail == "FAILED for 10 min: ValueError: no"


@pytest.mark.parametrize(
    ("facts", "name", "detail"),
    [
        (replace(WELL, tasks={"RUNNING": 3, "INITIALIZING": 1}), "tasks", "3 of 4, 1 INITIALIZING"),
        (
            replace(WELL, restarts=2, last_failure_ms=NOW_MS - 60_000, last_failure="IOException: gone"),
            "restarts",
            "2, last 60 s ago: IOException: gone",
        ),
        (
            with_checkpoints(last_completed_ms=NOW_MS - 61_000),
            "checkpoints",
            "60 completed, last 61 s ago, took 120 ms, 0 failed; expected one every 10 s",
        ),
        (
            with_checkpoints(completed=0, last_completed_ms=None),
            "checkpoints",
            "0 completed, none yet, 0 failed; expected one every 10 s",
        ),
        (
            with_checkpoints(failed=1, last_failed_ms=NOW_MS - 1_000, last_failure="disk full"),
            "checkpoints",
            "60 completed, last 5 s ago, took 120 ms, 1 failed: disk full",
        ),
        (replace(WELL, back_pressure={"Source": 0.2, "Calc": 0.95}), "back pressure", "95% in Calc"),
    ],
    ids=["task starts", "restarted lately", "old checkpoint", "no checkpoint", "failed checkpoint", "held up"],
)
def test_job_is_degraded(facts: JobFacts, name: str, detail: str) -> None:
    found = checks_of(facts)
    assert (found[name].state, found[name].detail) == ("degraded", detail)
    assert [check.state for check in found.values()].count("degraded") == 1


@pytest.mark.parametrize(
    "facts",
    [
        replace(WELL, restarts=2, last_failure_ms=NOW_MS - 3_600_000, last_failure="IOException: gone"),
        with_checkpoints(failed=1, last_failed_ms=NOW_MS - 60_000),
        with_checkpoints(interval_ms=600_000, last_completed_ms=None, completed=0),
        replace(WELL, checkpoints=None),
        replace(WELL, tasks={"RUNNING": 2, "FINISHED": 2}),
        replace(WELL, restarts=None, pending=None, back_pressure={}, tasks={}),
    ],
    ids=["old restart", "failed before", "long interval", "no checkpoints", "source done", "nothing known"],
)
def test_job_is_well_all_the_same(facts: JobFacts) -> None:
    assert {check.state for check in checks_of(facts).values()} == {"ok"}


def test_limits_decide() -> None:
    assert checks_of(WELL, Limits(max_lag=16))["lag"].state == "degraded"
    assert checks_of(WELL, Limits(max_lag=17))["lag"].state == "ok"
    assert checks_of(WELL, Limits(max_checkpoint_age_ms=4_000))["checkpoints"].state == "degraded"


def test_worst_check_decides() -> None:
    checks = [Check("a", "ok", ""), Check("b", "down", ""), Check("c", "degraded", "")]
    assert [worst(checks[:n]) for n in range(4)] == ["ok", "ok", "down", "down"]
    assert EXIT_CODES == {"ok": 0, "degraded": 1, "down": 2}


@pytest.fixture
def flink() -> Iterator[FlinkStub]:
    with serve(FlinkStub()) as stub:
        stub.answers = healthy_job(start_ms=round(time.time() * 1000))
        yield stub


def test_cluster_with_a_job_that_is_well(flink: FlinkStub) -> None:
    found = examine(flink.address)
    assert (found.state, found.exit_code) == ("ok", 0)
    names = [check.name for check in found.checks]
    assert names == ["cluster", "state", "tasks", "restarts", "checkpoints", "back pressure"]
    assert found.checks[0].detail == "2 TaskManagers, 2 of 4 slots free"


def test_lag_is_what_the_sources_say(flink: FlinkStub) -> None:
    metrics = f"/jobs/{JOB}/vertices/v1/subtasks/metrics"
    flink.answers[metrics] = [{"id": "0.Source__in.KafkaSourceReader.pendingRecords", "sum": 41.0, "max": 40.0}]
    assert [check.detail for check in examine(flink.address).checks if check.name == "lag"] == ["41 records"]


def test_latest_job_of_a_name_counts(flink: FlinkStub) -> None:
    now = round(time.time() * 1000)
    old = ("f" * 32, "fraud", "FAILED", now - 1_000)
    flink.answers["/jobs/overview"] = overview(old, (JOB, "fraud", "RUNNING", now))
    assert examine(flink.address).state == "ok"
    flink.answers["/jobs/overview"] = overview(old)
    assert examine(flink.address).state == "down"


@pytest.mark.parametrize("job", [None, JOB, "fraud"], ids=["any", "by id", "by name"])
def test_failed_job_is_down(flink: FlinkStub, job: str | None) -> None:
    flink.answers |= healthy_job("FAILED")
    trace = "org.apache.flink.X: outer\n\tat y\nCaused by: ValueError: no"
    entries = [{"stacktrace": trace, "timestamp": 1}]
    flink.answers[f"/jobs/{JOB}/exceptions"] = {"exceptionHistory": {"entries": entries}}
    found = examine(flink.address, job)
    assert found.exit_code == 2
    assert found.checks[-1].detail.endswith(": ValueError: no")


def test_job_that_is_not_there_is_down(flink: FlinkStub) -> None:
    found = examine(flink.address, "fraut")
    assert found.exit_code == 2
    assert "nearest valid name 'fraud'" in found.checks[-1].detail


def test_cluster_without_workers_is_down(flink: FlinkStub) -> None:
    flink.answers["/overview"] = {"taskmanagers": 0, "slots-total": 0, "slots-available": 0}
    assert examine(flink.address).state == "down"


def test_cluster_that_is_not_there_is_down() -> None:
    found = examine("127.0.0.1:1")
    assert found.exit_code == 2
    assert "expected Flink's REST API there" in found.checks[0].detail


ODD = [[], {}, "x", 5, None, [None], {"jobs": [1]}, {"jobs": [{}]}, {"vertices": 3}, {"vertices": [{}]}, "[" * 100_000]


@pytest.mark.parametrize("answer", ODD, ids=[str(odd)[:20] for odd in ODD])
@pytest.mark.parametrize("path", sorted(healthy_job()), ids=lambda path: path.replace(JOB, "JOB"))
def test_whatever_a_cluster_answers_there_is_an_answer(path: str, answer: Any, flink: FlinkStub) -> None:
    flink.answers[path] = answer
    found = examine(flink.address)
    assert found.checks
    assert found.exit_code in (0, 1, 2)


def test_another_answer_than_flinks_is_down(flink: FlinkStub) -> None:
    flink.answers["/overview"] = ["x"]
    [check] = examine(flink.address).checks
    assert (check.state, check.name) == ("down", "cluster")
    assert check.detail.endswith(
        "expected answers of Flink's REST API, got others (TypeError for one of them); check HOST:PORT"
    )


@pytest.mark.parametrize(("state", "status"), [("ok", 200), ("degraded", 200), ("down", 503)])
def test_endpoint_answers_probes(state: State, status: int) -> None:
    # Half of a character, as JSON can hold it.
    health = Health("c:1", state, (Check("state", state, "said \ud800", "fraud"),), NOW_MS)
    with health_server(lambda: health, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        assert _get(server.server_port, "/healthz") == (
            status,
            {
                "cluster": "c:1",
                "state": state,
                "at_ms": NOW_MS,
                "checks": [{"name": "state", "state": state, "detail": "said \ud800", "job": "fraud"}],
            },
        )
        assert _get(server.server_port, "/")[0] == 404
        server.shutdown()
        thread.join()


def _get(port: int, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)

"""`gress autoscale`, run in this process against answers of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gress.autoscale.flink_job import elastic_job
from tests.support.commands import Run
from tests.support.flink_stub import JOB, FlinkStub, serve


@pytest.fixture
def ended() -> Iterator[FlinkStub]:
    """A cluster whose job has just ended."""
    with serve(FlinkStub()) as stub:
        stub.answers = elastic_job("FINISHED")
        yield stub


@pytest.mark.parametrize("job", [JOB, "elastic"], ids=["id", "name"])
def test_loop_tells_its_decisions_until_the_job_ends(job: str, ended: FlinkStub, command_line: Run) -> None:
    given = ["--cluster", ended.address, "--interval", "100ms", "--log", "decisions.jsonl", "--metrics", "0"]
    code, out, err = command_line("autoscale", job, *given)
    assert code == 0
    assert out.rstrip().endswith("Z hold at 1: the job is FINISHED")
    served, said = err.splitlines()
    assert served.startswith("http://127.0.0.1:")
    assert said == f"job {JOB}: FINISHED"
    assert json.loads(Path("decisions.jsonl").read_text("utf-8"))["cause"] == "starting"


@pytest.mark.parametrize(("state", "wanted"), [("FINISHED", 0), ("CANCELED", 0), ("FAILED", 2)])
def test_exit_code_says_whether_the_job_failed(state: str, wanted: int, ended: FlinkStub, command_line: Run) -> None:
    ended.answers = elastic_job(state)
    code, out, err = command_line("autoscale", JOB, "--cluster", ended.address)
    assert code == wanted
    assert out.rstrip().endswith(f"the job is {state}")
    advice = f"expected it to end FINISHED or CANCELED, got FAILED; gress health --cluster {ended.address}"
    assert err == f"job {JOB}: {state if code == 0 else advice}\n"


def test_decisions_are_documents_if_wanted(ended: FlinkStub, command_line: Run) -> None:
    code, out, _ = command_line("autoscale", JOB, "--cluster", ended.address, "--interval", "100ms", "--json")
    assert (code, json.loads(out)["reason"]) == (0, "the job is FINISHED")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (["--min", "3", "--max", "2"], "--max: expected 3 (--min) or more, got 2"),
        (["--interval", "5"], "--interval: expected a duration"),
        (["--stable", "10ms"], "--stable: expected 100ms or more, got '10ms'"),
        (["--log", "no/log"], "--log no/log: expected a file that can be written, got no such file or directory"),
        (["--log", "."], "--log .: expected a file that can be written, got is a directory"),
    ],
    ids=["bounds", "duration", "short", "no folder", "folder"],
)
def test_option_that_cannot_be_is_one_line(given: list[str], text: str, ended: FlinkStub, command_line: Run) -> None:
    code, _, err = command_line("autoscale", JOB, "--cluster", ended.address, *given)
    assert code == 2
    assert text in err


def test_unknown_job_is_one_line(ended: FlinkStub, command_line: Run) -> None:
    code, _, err = command_line("autoscale", "elastik", "--cluster", ended.address)
    assert code == 2
    assert "nearest valid name 'elastic'" in err


def test_cluster_with_another_scheduler_is_one_line(ended: FlinkStub, command_line: Run) -> None:
    ended.answers["/jobmanager/config"] = []
    code, _, err = command_line("autoscale", JOB, "--cluster", ended.address)
    assert (code, "gress cluster up --adaptive" in err) == (2, True)

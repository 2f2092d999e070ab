"""Jobs on a session cluster of two TaskManagers: submitted, stopped, restored, watched, killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gress.cluster.local import start_cluster
from gress.cluster.processes import is_member
from gress.health.examine import Health, examine
from jobs.sources.generated import parse_generator
from jobs.sources.transactions import TransactionGenerator, write
from tests.support.cluster import TestCluster, wait_until
from tests.support.fraud_config import write_fraud_config
from tests.support.job_runs import read_parts

pytestmark = pytest.mark.slow

# A bundle is a few rows, and the job takes long enough to be stopped on its way.
# A checkpoint comes between two pieces of a file, so the file has several.
SLOWLY = "job.inference.batch_size=24"
SECRET = "hunter2-of-the-environment"


@dataclass(frozen=True)
class Whole:
    """A job's input, and what comes of it when nobody disturbs."""

    source: Path
    config: Path
    output: Path
    summary: dict[str, Any]
    predictions: pd.DataFrame


def predictions_in(*folders: Path) -> pd.DataFrame:
    """Rows of runs, as far as runs of one input agree."""
    frame = pd.concat([read_parts(folder / "predictions") for folder in folders])
    return frame[["event_id", "event_time", "prediction"]].sort_values("event_id", ignore_index=True)


def lines_in(folder: Path) -> int:
    """Predictions in all files of a run, those that are not final too."""
    parts = (folder / "predictions").glob("*") if folder.is_dir() else ()
    return sum(part.read_bytes().count(b"\n") for part in parts)


def checkpoints_of(cluster: TestCluster, job: str) -> int:
    """Return the number of checkpoints that a job has completed."""
    return int(cluster.rest.get(f"/jobs/{job}/checkpoints")["counts"]["completed"])


def states(health: Health) -> dict[str, str]:
    return {check.name: check.state for check in health.checks}


@pytest.fixture(scope="module")
def whole(cluster: TestCluster, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """The job from the built wheel, waited for."""
    folder = tmp_path_factory.mktemp("whole")
    config = write_fraud_config(folder / "config")
    days, settings = parse_generator("generator:days=20,customers=3000,terminals=2000")
    write(folder / "in.jsonl", TransactionGenerator(settings).days(days))
    given = ["--input", "in.jsonl", "--output", "out", "--config", config, "--wheel", wheel]
    done = cluster.gress("submit", "fraud-detection", *given, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((folder / "out" / "summary.json").read_text())
    return Whole(folder / "in.jsonl", config, folder / "out", summary, predictions_in(folder / "out"))


def test_job_runs_from_the_wheel(whole: Whole) -> None:
    # The small model has no score for an amount of 0.
    assert whole.summary["events"] == len(whole.predictions) + whole.summary["dead_letters"]
    assert len(whole.predictions) > 8_000


def test_job_stopped_and_resumed_elsewhere_scores_every_event_once(
    whole: Whole, cluster: TestCluster, tmp_path: Path
) -> None:
    given = ["fraud-detection", "--input", whole.source, "--config", whole.config]
    job = cluster.answer("submit", *given, "--output", "a", "--set", SLOWLY, "--detached", folder=tmp_path)["job_id"]
    wait_until(lambda: states(examine(cluster.address, job))["tasks"] == "ok")
    assert examine(cluster.address, job).exit_code < 2
    taken = cluster.answer("savepoint", job, "--to", "savepoints", "--stop", folder=tmp_path)["savepoint"]
    assert Path(taken).parent == tmp_path / "savepoints"
    assert cluster.rest.job(job).state == "FINISHED"
    assert lines_in(tmp_path / "a") < len(whole.predictions) - 1_000
    more = ["--from-savepoint", taken, "--set", "execution.parallelism=3"]
    done = cluster.answer("submit", *given, "--output", "b", *more, folder=tmp_path)
    assert done["state"] == "FINISHED"
    found = predictions_in(tmp_path / "a", tmp_path / "b")
    assert found["event_id"].is_unique
    pd.testing.assert_frame_equal(found, whole.predictions, rtol=1e-6)


def test_job_that_was_cancelled_goes_on_from_its_last_checkpoint(
    whole: Whole, cluster: TestCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRESS_EXECUTION__FLINK__S3__ENDPOINT", SECRET)
    given = ["fraud-detection", "--input", whole.source, "--config", whole.config]
    # All of a small file is on its way at once: a checkpoint that waits in line would come when all is written.
    often = ["execution.checkpoint_interval=1s", "execution.flink.execution.checkpointing.unaligned.enabled=true"]
    more = [part for setting in (SLOWLY, *often) for part in ("--set", setting)]
    job = cluster.answer("submit", *given, "--output", "a", *more, "--detached", folder=tmp_path)["job_id"]
    wait_until(lambda: lines_in(tmp_path / "a") > 0)
    shown = [cluster.rest.get(path) for path in ("/jobmanager/config", f"/jobs/{job}/config", f"/jobs/{job}/plan")]
    assert SECRET not in str(shown)
    taken = checkpoints_of(cluster, job)
    wait_until(lambda: checkpoints_of(cluster, job) > taken + 1)
    cluster.cancel(job)
    assert lines_in(tmp_path / "a") < len(whole.predictions) - 1_000
    done = cluster.answer("submit", *given, "--output", "b", "--from-checkpoint", job, folder=tmp_path)
    assert done["state"] == "FINISHED"
    found = predictions_in(tmp_path / "a", tmp_path / "b")
    assert found["event_id"].is_unique
    pd.testing.assert_frame_equal(found, whole.predictions, rtol=1e-6)


@pytest.fixture(scope="module")
def broken(cluster: TestCluster, whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A job whose workers cannot start."""
    folder = tmp_path_factory.mktemp("broken")
    given = ["--input", whole.source, "--config", whole.config, "--output", "out", "--python", "/no/such/python"]
    job = str(cluster.answer("submit", "fraud-detection", *given, "--detached", folder=folder)["job_id"])
    yield job
    if not cluster.rest.job(job).is_ended:
        cluster.cancel(job)


def test_job_that_cannot_start_is_degraded_then_down(broken: str, cluster: TestCluster, tmp_path: Path) -> None:
    wait_until(lambda: cluster.rest.job(broken).state in ("RESTARTING", "FAILED"))
    by_name = cluster.gress("health", "--job", "fraud-detection", "--json", folder=tmp_path)
    assert by_name.returncode in (1, 2)
    assert any("No such file" in check["detail"] for check in json.loads(by_name.stdout)["checks"]), by_name.stdout
    cluster.cancel(broken)
    assert cluster.gress("health", "--job", broken, folder=tmp_path).returncode == 2
    assert cluster.gress("health", folder=tmp_path).returncode == 0


def test_refusals_are_one_line(cluster: TestCluster, tmp_path: Path) -> None:
    done = cluster.gress("submit", "fraud-detection", "--input", "nothing.jsonl", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"input {tmp_path}/nothing.jsonl: expected a file, a folder of files or a pattern, " \
        "got nothing there; check the path\n"  # fmt: skip
    # PyFlink may take a TaskManager along when it closes the functions of a job that failed.
    start_cluster(cluster.request)
    too_many = cluster.gress("submit", "fraud-detection", "--set", "execution.parallelism=9", folder=tmp_path)
    assert "expected 9 slots for execution.parallelism 9, got 4" in too_many.stderr


def test_killed_task_manager_is_brought_back(cluster: TestCluster) -> None:
    before = start_cluster(cluster.request)
    victim = next(member for member in before.members if member.role == "taskmanager")
    os.kill(victim.pid, signal.SIGKILL)
    wait_until(lambda: not is_member(victim.pid, cluster.started.folder))
    again = start_cluster(cluster.request)
    assert again.address == cluster.address
    assert len({member.pid for member in again.members} - {victim.pid}) == 3
    assert {member.pid for member in before.members} - {member.pid for member in again.members} == {victim.pid}

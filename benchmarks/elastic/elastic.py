"""A run in steps: the load grows and falls, and a TaskManager is killed."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.elastic.answers import Answers
from benchmarks.elastic.plan import Steps
from benchmarks.elastic.stage import Stage, staged
from benchmarks.elastic.watched import Watched
from gress import start_cluster
from gress.cluster.local import read_cluster
from jobs.flink.rest import FlinkRest


@dataclass
class Outcome:
    """Findings of a run.

    Attributes:
        rows: rows that count.
        answers: what became of them.
        watched: what the autoscaler saw and did.
        recovered_s: seconds from the kill of a TaskManager to the next prediction.
        restored_s: seconds from the start of another to all slots.
    """

    rows: int
    answers: Answers
    watched: Watched
    recovered_s: float
    restored_s: float


def elastic(folder: Path, plan: Steps) -> Outcome:
    """Let the load grow and fall, kill a TaskManager, and read what became of the rows.

    Args:
        folder: folder for all files.
        plan: load, cluster and policy.

    Raises:
        JobError: broker, cluster or job do not start.
        TimeoutError: the job stands still for minutes.
    """
    with staged(folder, plan) as stage:
        watched = stage.watched
        stage.begin()
        length_s = plan.low_s + plan.high_s + plan.calm_s
        stage.wait(lambda: stage.sender.second() > length_s, "the end of the plan", 3_600.0)
        stage.wait(lambda: "down" in [each.decision.action for each in watched.rescales], "fewer tasks")
        stage.wait_calm()
        recovered_s, restored_s = _lose_task_manager(stage)
        rows, answers = stage.end()
    return Outcome(rows, answers, watched, recovered_s, restored_s)


def _lose_task_manager(stage: Stage) -> tuple[float, float]:
    """Kill the TaskManager that works, wait for predictions of the others, and start another in its place."""
    watched = stage.watched
    name = _working(FlinkRest(watched.address), watched.job)
    pid = next(member.pid for member in read_cluster(stage.request.folder).members if member.name == name)
    os.kill(pid, signal.SIGKILL)
    killed_s = time.monotonic()
    # Rows on their way come out within the interval of checkpoints; wait until the loss was seen.
    stage.wait(lambda: watched.samples[-1].decision.cause in ("starting", "cluster"), "the loss to be seen")
    before = stage.predictions()
    stage.wait(lambda: stage.predictions() > before, "predictions after the loss")
    recovered_s = time.monotonic() - killed_s
    print(f"{name} was killed; predictions came after {recovered_s:.1f} s", flush=True)
    started_s = time.monotonic()
    start_cluster(stage.request)
    return recovered_s, time.monotonic() - started_s


def _working(rest: FlinkRest, job: str) -> str:
    """Return the id of the TaskManager that runs the first task of the source."""
    source = next(each for each in rest.get(f"/jobs/{job}")["vertices"] if each["name"].startswith("Source"))
    found = rest.get(f"/jobs/{job}/vertices/{source['id']}/taskmanagers")["taskmanagers"]
    return str(found[0]["taskmanager-id"])

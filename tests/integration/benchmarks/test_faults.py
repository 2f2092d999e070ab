"""The fraud job from Kafka to Kafka on a cluster whose processes are killed: every event once, with the same score."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kills.faults import MISSED_SOON, NEVER_GIVES_UP, Plan, disturbed
from gress.cluster.processes import marked_processes
from tests.support.crafted_input import CraftedInput
from tests.support.job_runs import JobRun

pytestmark = pytest.mark.slow

# The soak kills the broker.
KILLED = ("python", "taskmanager", "jobmanager")
# Half a minute of events: each process dies while there is work.
RATE = 100
OPTIONS = {
    **MISSED_SOON,
    **NEVER_GIVES_UP,
    # A killed process is missed by its closed connection; one that only waits for a busy machine must not be.
    "heartbeat.timeout": "20 s",
    # Machines that build have less memory than a TaskManager is given by default.
    "taskmanager.memory.process.size": "2560m",
}


def test_worker_task_manager_and_job_manager_are_killed_and_nobody_notices(
    kafka_jars: None, fraud_config: Path, crafted: CraftedInput, crafted_run: JobRun, tmp_path: Path
) -> None:
    predictions = crafted_run.predictions
    wanted = dict(zip(predictions["event_id"], predictions["prediction"], strict=True))
    lines = crafted.good_lines()
    plan = Plan(KILLED, seed=3, rate=RATE, settle_s=5.0, options=OPTIONS)
    figures = disturbed(tmp_path, lines, wanted, fraud_config, plan)
    assert figures["victims"] == dict.fromkeys(KILLED, 1)
    assert (figures["lost"], figures["duplicates"], figures["score_mismatches"]) == (0, 0, 0), figures
    # The small model has no score for an amount of 0: those, and no others, once each.
    assert figures["dead_letters"] == {"not_finite": len(crafted.unscorable)}
    assert len(wanted) + len(crafted.unscorable) == len(lines)
    assert marked_processes(tmp_path / "cluster") == set()

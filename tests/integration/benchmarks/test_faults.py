"""The fraud job from Kafka to Kafka on a cluster whose processes are killed: every event once, with the same score."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.faults import MISSED_SOON, NEVER_GIVES_UP, Plan, disturbed, make_lines
from benchmarks.killer import VICTIMS
from gress.cluster.processes import marked_processes
from tests.support.job_runs import run_job

pytestmark = pytest.mark.slow

EVENTS = 16_000
# Half a minute of events: each process dies while there is work.
RATE = 500
OPTIONS = {
    **MISSED_SOON,
    **NEVER_GIVES_UP,
    # Machines that build have less memory than a TaskManager is given by default.
    "taskmanager.memory.process.size": "2560m",
}


def test_worker_task_manager_job_manager_and_broker_are_killed_and_nobody_notices(
    kafka_jars: None, fraud_config: Path, tmp_path: Path
) -> None:
    lines = make_lines(tmp_path, EVENTS)
    source = tmp_path / "events.jsonl"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    whole = run_job(fraud_config, source, tmp_path / "whole")
    wanted = dict(zip(whole.predictions["event_id"], whole.predictions["prediction"], strict=True))
    plan = Plan(VICTIMS, seed=3, rate=RATE, outage_s=4.0, settle_s=5.0, options=OPTIONS)
    figures = disturbed(tmp_path, lines, wanted, fraud_config, plan)
    assert figures["victims"] == dict.fromkeys(VICTIMS, 1)
    assert (figures["lost"], figures["duplicates"], figures["score_mismatches"]) == (0, 0, 0), figures
    # The small model has no score for an amount of 0: those, and no others, once each.
    assert figures["dead_letters"] == dict(Counter(whole.dead_letters["reason"]))
    assert len(wanted) + len(whole.dead_letters) == EVENTS
    assert marked_processes(tmp_path / "cluster") == set()

"""Answers of a cluster that runs a small elastic job, as Flink 2.3 gives them."""

from __future__ import annotations

from typing import Any

from tests.support.flink_stub import JOB, overview

SOURCE, WORK, SINK = "a" * 32, "b" * 32, "c" * 32
PATH = f"/jobs/{JOB}"
_READER = "Source__events.KafkaSourceReader"
PENDING = f"{_READER}.pendingRecords"


def metrics_path(vertex: str) -> str:
    return f"{PATH}/vertices/{vertex}/subtasks/metrics"


def sums(records: object, busy: object, idle: object, held_up: object = 0, **more: object) -> list[dict[str, Any]]:
    """Sums over the tasks of a vertex."""
    named = {
        "numRecordsIn": records,
        "numRecordsOut": records,
        "accumulateBusyTimeMs": busy,
        "accumulateIdleTimeMs": idle,
        "accumulateBackPressuredTimeMs": held_up,
        **more,
    }
    return [{"id": name, "sum": value} for name, value in named.items()]


def source_metrics(records: int, busy: int, idle: int, pending: object) -> list[dict[str, Any]]:
    """Metrics of a source of three partitions, with and without values."""
    partitions = [{"id": f"{_READER}.topic.events.partition.{number}.currentOffset"} for number in range(3)]
    return [*sums(records, busy, idle), {"id": PENDING, "sum": pending}, *partitions]


def elastic_job(state: str = "RUNNING", *, tasks: int = 1, busy_ms: int = 0, pending: object = 0) -> dict[str, Any]:
    """Answers of a cluster with eight slots whose job has run for ten seconds."""

    def vertex(each: str, name: str, most: int) -> dict[str, Any]:
        found = {"id": each, "name": name, "parallelism": tasks, "maxParallelism": most, "status": "RUNNING"}
        return {**found, "start-time": 1_000}

    def after(each: str, how: str) -> list[dict[str, Any]]:
        return [{"num": 0, "id": each, "ship_strategy": how, "exchange": "pipelined_bounded"}]

    return {
        "/jobmanager/config": [{"key": "jobmanager.scheduler", "value": "adaptive"}],
        "/jobs/overview": overview((JOB, "elastic", state, 0)),
        "/overview": {"taskmanagers": 2, "slots-total": 8, "slots-available": 8 - tasks},
        PATH: {
            "state": state,
            # The order of Flink's own answers is none that one could rely on.
            "vertices": [vertex(SINK, "sink", 1), vertex(SOURCE, "Source: events", 120), vertex(WORK, "work", 120)],
            "plan": {
                "nodes": [
                    {"id": SINK, "inputs": after(WORK, "FORWARD")},
                    {"id": WORK, "inputs": after(SOURCE, "HASH")},
                    {"id": SOURCE},
                ]
            },
        },
        metrics_path(SOURCE): source_metrics(1_000, 500, 9_500, pending),
        metrics_path(WORK): sums(1_000, busy_ms, 10_000 - busy_ms),
        metrics_path(SINK): sums("NaN", 0, 10_000),
        f"{PATH}/resource-requirements": {},
    }

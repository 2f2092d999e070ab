"""Facts about a job's health that a cluster reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from jobs.errors import JobError
from jobs.flink.rest import ClusterUnreachable, FlinkRest, RunningJob
from jobs.flink.root_cause import root_cause

_PENDING = "pendingRecords"
_BACK_PRESSURE = "backPressuredTimeMsPerSecond"
# Flink reports this interval for a job that takes checkpoints on demand only.
_NEVER_MS = 1 << 62


@dataclass(frozen=True)
class CheckpointFacts:
    """A job's checkpoints; times in epoch milliseconds."""

    interval_ms: int
    completed: int = 0
    failed: int = 0
    last_completed_ms: int | None = None
    last_duration_ms: int | None = None
    last_failed_ms: int | None = None
    last_failure: str = ""


@dataclass(frozen=True)
class JobFacts:
    """Facts about a job at one moment.

    Attributes:
        job: id, name, state.
        tasks: number of tasks in each state.
        restarts: restarts since the submission; None: unknown.
        last_failure_ms: time of the last failure of a task, epoch milliseconds.
        last_failure: first line of its exception.
        checkpoints: facts about checkpoints; None: the job takes none.
        back_pressure: share of the last seconds for which a vertex's slowest task was held up, by the vertex's name.
        pending: records that the sources know of and have not read; None: the sources do not say.
    """

    job: RunningJob
    tasks: Mapping[str, int] = field(default_factory=dict)
    restarts: int | None = None
    last_failure_ms: int | None = None
    last_failure: str = ""
    checkpoints: CheckpointFacts | None = None
    back_pressure: Mapping[str, float] = field(default_factory=dict)
    pending: int | None = None


def look_at(rest: FlinkRest, job: RunningJob) -> JobFacts:
    """Ask the cluster for the facts about a job.

    Raises:
        ClusterUnreachable: the cluster stopped answering.
    """
    path = f"/jobs/{job.id}"
    vertices = rest.get(path)["vertices"]
    tasks: Counter[str] = Counter()
    for vertex in vertices:
        tasks.update({state: count for state, count in vertex["tasks"].items() if count})
    failure = _last_failure(_ask(rest, f"{path}/exceptions?maxExceptions=1"))
    return JobFacts(
        job=job,
        tasks=dict(tasks),
        restarts=_whole(_metrics(rest, f"{path}/metrics", ["numRestarts"], "value").get("numRestarts")),
        last_failure_ms=failure[0],
        last_failure=failure[1],
        checkpoints=_checkpoints(rest, path),
        back_pressure=_back_pressure(rest, path, vertices),
        pending=_pending(rest, path, vertices),
    )


def _ask(rest: FlinkRest, path: str) -> Any:
    """Return the cluster's answer; None if it has none, as the parts of a job come and go."""
    try:
        return rest.get(path)
    except ClusterUnreachable:
        raise
    except JobError:
        return None


def _checkpoints(rest: FlinkRest, path: str) -> CheckpointFacts | None:
    settings, found = _ask(rest, f"{path}/checkpoints/config"), _ask(rest, f"{path}/checkpoints")
    if settings is None or found is None or settings["interval"] >= _NEVER_MS:
        return None
    completed, failed = found["latest"]["completed"] or {}, found["latest"]["failed"] or {}
    return CheckpointFacts(
        interval_ms=settings["interval"],
        completed=found["counts"]["completed"],
        failed=found["counts"]["failed"],
        last_completed_ms=completed.get("latest_ack_timestamp"),
        last_duration_ms=completed.get("end_to_end_duration"),
        last_failed_ms=failed.get("failure_timestamp"),
        last_failure=str(failed.get("failure_message") or "").partition("\n")[0],
    )


def _last_failure(answer: Any) -> tuple[int | None, str]:
    entries = (answer or {}).get("exceptionHistory", {}).get("entries", [])
    if not entries:
        return None, ""
    return entries[0].get("timestamp"), root_cause(str(entries[0].get("stacktrace", "")))


def _back_pressure(rest: FlinkRest, path: str, vertices: Any) -> dict[str, float]:
    found = {}
    for vertex in vertices:
        where = f"{path}/vertices/{vertex['id']}/subtasks/metrics"
        held_up = _metrics(rest, where, [_BACK_PRESSURE], "max").get(_BACK_PRESSURE)
        if held_up is not None:
            found[str(vertex["name"])] = held_up / 1000
    return found


def _pending(rest: FlinkRest, path: str, vertices: Any) -> int | None:
    totals: list[float] = []
    for vertex in vertices:
        where = f"{path}/vertices/{vertex['id']}/subtasks/metrics"
        names = [str(metric["id"]) for metric in _ask(rest, where) or ()]
        wanted = [name for name in names if name.rpartition(".")[2] == _PENDING]
        if wanted:
            totals += _metrics(rest, where, wanted, "sum").values()
    return _whole(sum(totals)) if totals else None


def _metrics(rest: FlinkRest, path: str, names: list[str], figure: str) -> dict[str, float]:
    asked = _ask(rest, f"{path}?get={quote(','.join(names))}")
    return {str(metric["id"]): float(metric[figure]) for metric in asked or () if metric.get(figure) is not None}


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)

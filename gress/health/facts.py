"""What a cluster says of a job, as far as its health goes."""

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
# Flink's interval of a job that takes checkpoints on demand only.
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
    """A job, at one moment.

    Attributes:
        job: id, name, state.
        tasks: number of tasks in each state.
        restarts: since it was submitted; None: unknown.
        last_failure_ms: when a task failed last, epoch milliseconds.
        last_failure: the exception's first line.
        checkpoints: None: it takes none.
        back_pressure: share of the last seconds that a vertex's slowest task was held up, by the vertex's name.
        pending: records that its sources know of and have not read; None: they do not say.
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
    """Return what the cluster says of a job.

    Raises:
        ClusterUnreachable: it stopped answering.
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
    """An answer, or None where the cluster has none: a job's parts come and go."""
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

"""Looks at a running job through a cluster's REST API."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from gress.autoscale.graph import Look, Totals, Vertex
from jobs.flink.rest import FlinkRest

_RECORDS = "numRecordsIn"
_PASSED_ON = "numRecordsOut"
_TIMES = ("accumulateBusyTimeMs", "accumulateIdleTimeMs", "accumulateBackPressuredTimeMs")
_PENDING = "pendingRecords"
_PARTITION = re.compile(r"KafkaSourceReader\.topic\.(?P<topic>.+)\.partition\.(?P<number>\d+)\.")
_WITHOUT_REDISTRIBUTION = "FORWARD"


def look_at_job(rest: FlinkRest, job: str, at_s: float) -> Look:
    """Return a job as it is now.

    Args:
        rest: client of the cluster.
        job: id of the job.
        at_s: monotonic seconds of the observer.

    Raises:
        ClusterUnreachable: nothing answers.
        JobError: there is no such job, or the cluster refuses to say.
    """
    found, free = rest.get(f"/jobs/{job}"), int(rest.get("/overview")["slots-available"])
    nodes = {node["id"]: node.get("inputs") or () for node in found["plan"]["nodes"]}
    stated = {vertex["id"]: vertex for vertex in found["vertices"]}
    vertices = {each: _vertex(rest, job, stated[each], nodes.get(each, ())) for each in _in_order(nodes, stated)}
    taken = max((vertex.parallelism for vertex in vertices.values()), default=0)
    # Tasks of operators that run batches at once, not streams, end before the job does.
    is_whole = all(vertex["status"] in ("RUNNING", "FINISHED") for vertex in stated.values())
    attempt = max((int(vertex["start-time"]) for vertex in stated.values()), default=0)
    return Look(at_s, str(found["state"]), is_whole, vertices, taken + free, attempt)


def _vertex(rest: FlinkRest, job: str, stated: Mapping[str, Any], inputs: Iterable[Mapping[str, Any]]) -> Vertex:
    before = [str(each["id"]) for each in inputs]
    path = f"/jobs/{job}/vertices/{stated['id']}/subtasks/metrics"
    names = [str(metric["id"]) for metric in rest.get(path)] if not before else []
    pending = [name for name in names if name.rpartition(".")[2] == _PENDING]
    partitions = {(found["topic"], found["number"]) for name in names if (found := _PARTITION.search(name))}
    sums = _sums(rest, path, [_RECORDS, _PASSED_ON, *_TIMES, *pending])
    waiting = [sums[name] for name in pending if name in sums]
    return Vertex(
        id=str(stated["id"]),
        name=str(stated["name"]),
        parallelism=int(stated["parallelism"]),
        max_parallelism=int(stated["maxParallelism"]),
        inputs=tuple(before),
        tied_to=tuple(str(each["id"]) for each in inputs if each.get("ship_strategy") == _WITHOUT_REDISTRIBUTION),
        partitions=len(partitions) or None,
        pending=sum(waiting) if waiting else None,
        totals=_totals(sums),
    )


def _sums(rest: FlinkRest, path: str, names: Iterable[str]) -> dict[str, float]:
    """Return the sums over tasks of metrics that are numbers; a task that does not know one says NaN."""
    asked = rest.get(f"{path}?get={quote(','.join(names))}")
    found = {str(metric["id"]): float(metric["sum"]) for metric in asked if metric.get("sum") is not None}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _totals(sums: Mapping[str, float]) -> Totals | None:
    records = sums.get(_RECORDS)
    times = [sums.get(name) for name in _TIMES]
    if records is None or any(each is None for each in times):
        return None
    busy, idle, held_up = (each or 0.0 for each in times)
    return Totals(records, busy, idle, held_up, sums.get(_PASSED_ON, 0.0))


def _in_order(nodes: Mapping[str, Iterable[Mapping[str, Any]]], known: Iterable[str]) -> list[str]:
    """Return the ids of vertices, each after those before it."""
    done: dict[str, None] = {}

    def visit(vertex: str) -> None:
        if vertex not in done:
            for each in nodes.get(vertex, ()):
                visit(str(each["id"]))
            done[vertex] = None

    for vertex in known:
        visit(vertex)
    return list(done)

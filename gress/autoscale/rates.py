"""Rates of a job's vertices between two looks, and the records that its sources must take."""

from __future__ import annotations

from collections.abc import Mapping

from gress.autoscale.ds2 import Rates
from gress.autoscale.graph import Look, Vertex

_MOST_HELD_UP = 0.5


def rates_between(before: Look, after: Look) -> dict[str, Rates] | None:
    """Return the rates of all vertices; None where one reported nothing new.

    The time between is that of the tasks' own clocks, as counts reach the JobManager late and not all at once.
    """
    found: dict[str, Rates] = {}
    for vertex in after.vertices.values():
        passed_s = seconds_between(before, after, vertex.id)
        if not passed_s > 0:
            return None
        new, old = vertex.totals, before.vertices[vertex.id].totals
        if new is None or old is None or new.records < old.records:
            return None
        busy = (new.busy_ms - old.busy_ms) / (new.task_ms - old.task_ms)
        rate = (new.records - old.records) / passed_s
        passed_on = max(new.passed_on - old.passed_on, 0.0) / passed_s
        found[vertex.id] = Rates(vertex.parallelism, rate, min(max(busy, 0.0), 1.0), passed_on)
    return found


def source_targets(
    before: Look, after: Look, rates: Mapping[str, Rates], *, catch_up_s: float, restart_s: float
) -> dict[str, float]:
    """Return the records a second that each source must take: those that arrive, and its share of those that wait.

    A rescale stops the job for a while, and what arrives then has to be caught up with, too. Of a source that does not
    say what waits, the rate without back pressure counts, at most twice the one measured.

    Args:
        before: an earlier look.
        after: the current one.
        rates: rates between them.
        catch_up_s: seconds in which a backlog is to be gone.
        restart_s: seconds for which a rescale stops the job.
    """
    found: dict[str, float] = {}
    for vertex in after.vertices.values():
        if not vertex.is_source:
            continue
        rate, waited = rates[vertex.id].records_s, before.vertices[vertex.id].pending
        if vertex.pending is None or waited is None:
            found[vertex.id] = rate / (1.0 - min(_held_up(before, after, vertex), _MOST_HELD_UP))
            continue
        arriving = max(rate + (vertex.pending - waited) / seconds_between(before, after, vertex.id), 0.0)
        backlog = vertex.pending + arriving * restart_s if vertex.pending > arriving * restart_s else vertex.pending
        found[vertex.id] = arriving + backlog / catch_up_s
    return found


def seconds_between(before: Look, after: Look, vertex: str) -> float:
    """Return the seconds for which each task of a vertex ran between two looks; 0 where it did not report."""
    if vertex not in before.vertices:
        return 0.0
    new, old = after.vertices[vertex].totals, before.vertices[vertex].totals
    if new is None or old is None:
        return 0.0
    return (new.task_ms - old.task_ms) / after.vertices[vertex].parallelism / 1000


def _held_up(before: Look, after: Look, vertex: Vertex) -> float:
    new, old = vertex.totals, before.vertices[vertex.id].totals
    if new is None or old is None or not new.task_ms > old.task_ms:
        return 0.0
    return max((new.held_up_ms - old.held_up_ms) / (new.task_ms - old.task_ms), 0.0)

"""Checks of a running job: each examines one thing and reports a line.

To add a check, write a function from facts to a check and add it to ``CHECKS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gress.health.facts import JobFacts

State = Literal["ok", "degraded", "down"]

_STATES: dict[str, State] = {"RUNNING": "ok", "FINISHED": "ok", "FAILED": "down", "CANCELED": "down"}
_WORKING = frozenset({"RUNNING", "FINISHED"})


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        name: name of the checked thing.
        state: ``degraded`` still works, ``down`` does not.
        detail: the finding in words.
        job: name of the job; "" for the cluster.
    """

    name: str
    state: State
    detail: str
    job: str = ""


@dataclass(frozen=True)
class Limits:
    """Limits of a healthy job.

    Attributes:
        max_checkpoint_age_ms: greatest age of the last completed checkpoint; None: three intervals, at least a minute.
        recent_failure_ms: milliseconds for which a restart counts as recent.
        max_lag: most unread records; None: no limit.
        max_back_pressure: greatest share of the time for which later tasks may hold up a task.
    """

    max_checkpoint_age_ms: int | None = None
    recent_failure_ms: int = 300_000
    max_lag: int | None = None
    max_back_pressure: float = 0.9


def check_state(facts: JobFacts, limits: Limits, now_ms: int) -> Check:
    """Check that the job runs; one that starts, restarts or ends is degraded."""
    del limits
    state = _STATES.get(facts.job.state, "degraded")
    reason = f": {facts.last_failure}" if state != "ok" and facts.last_failure else ""
    return Check("state", state, f"{facts.job.state} for {_span(now_ms - facts.job.start_ms)}{reason}", facts.job.name)


def check_tasks(facts: JobFacts, limits: Limits, now_ms: int) -> Check | None:
    """Check that every task runs, or has finished bounded input."""
    del limits, now_ms
    total = sum(facts.tasks.values())
    if not total:
        return None
    working = sum(count for state, count in facts.tasks.items() if state in _WORKING)
    others = ", ".join(f"{count} {state}" for state, count in sorted(facts.tasks.items()) if state not in _WORKING)
    detail = f"{working} of {total}" + (f", {others}" if others else "")
    return Check("tasks", "ok" if working == total else "degraded", detail, facts.job.name)


def check_restarts(facts: JobFacts, limits: Limits, now_ms: int) -> Check | None:
    """Check that the job did not fail recently."""
    if facts.restarts is None:
        return None
    last = facts.last_failure_ms
    if not facts.restarts or last is None:
        return Check("restarts", "ok", str(facts.restarts), facts.job.name)
    is_recent = now_ms - last < limits.recent_failure_ms
    detail = f"{facts.restarts}, last {_span(now_ms - last)} ago: {facts.last_failure}"
    return Check("restarts", "degraded" if is_recent else "ok", detail, facts.job.name)


def check_checkpoints(facts: JobFacts, limits: Limits, now_ms: int) -> Check:
    """Check that a checkpoint completed recently and none has failed since, so a failure would repeat little work."""
    found, name = facts.checkpoints, facts.job.name
    if found is None:
        return Check("checkpoints", "ok", "off: a failure starts the input again", name)
    age_ms = now_ms - (found.last_completed_ms or facts.job.start_ms)
    last = f"last {_span(age_ms)} ago, took {found.last_duration_ms} ms" if found.last_completed_ms else "none yet"
    detail = f"{found.completed} completed, {last}, {found.failed} failed"
    limit_ms = limits.max_checkpoint_age_ms or max(3 * found.interval_ms, 60_000)
    if age_ms > limit_ms:
        detail += f"; expected one every {_span(found.interval_ms)}"
    has_failed_since = found.last_failed_ms is not None and found.last_failed_ms > (found.last_completed_ms or 0)
    if has_failed_since:
        detail += f": {found.last_failure}"
    return Check("checkpoints", "degraded" if age_ms > limit_ms or has_failed_since else "ok", detail, name)


def check_back_pressure(facts: JobFacts, limits: Limits, now_ms: int) -> Check | None:
    """Check that no task waits most of the time for slower tasks after it."""
    del now_ms
    if not facts.back_pressure:
        return None
    vertex, share = max(facts.back_pressure.items(), key=lambda item: item[1])
    where = f" in {_short(vertex)}" if share else ""
    state: State = "degraded" if share > limits.max_back_pressure else "ok"
    return Check("back pressure", state, f"{share:.0%}{where}", facts.job.name)


def check_lag(facts: JobFacts, limits: Limits, now_ms: int) -> Check | None:
    """Check the number of unread records, if the sources know it."""
    del now_ms
    if facts.pending is None:
        return None
    is_over = limits.max_lag is not None and facts.pending > limits.max_lag
    expected = f", expected at most {limits.max_lag:,}" if is_over else ""
    return Check("lag", "degraded" if is_over else "ok", f"{facts.pending:,} records{expected}", facts.job.name)


CHECKS: tuple[Callable[[JobFacts, Limits, int], Check | None], ...] = (
    check_state,
    check_tasks,
    check_restarts,
    check_checkpoints,
    check_back_pressure,
    check_lag,
)


def run_checks(facts: JobFacts, limits: Limits, now_ms: int) -> list[Check]:
    """Run all checks; of a job that ended or has no tasks yet, check the state alone."""
    checks = CHECKS[:1] if facts.job.is_ended or facts.job.state == "INITIALIZING" else CHECKS
    return [found for check in checks if (found := check(facts, limits, now_ms)) is not None]


def _span(ms: int) -> str:
    """Return a length of time in its largest unit.

    >>> _span(900), _span(90_000), _span(7_200_000)
    ('0 s', '90 s', '2 h')
    """
    seconds = max(ms, 0) // 1000
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _short(name: str) -> str:
    # A chain of operators is named after all of them.
    return name if len(name) <= 60 else f"{name[:57]}..."

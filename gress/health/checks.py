"""Checks of a running job: each looks at one thing and says in a line what it found.

To add one: a function from facts to a check, and a line in ``CHECKS``.
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
    """One thing looked at.

    Attributes:
        name: what.
        state: ``degraded`` still works, ``down`` does not.
        detail: what was found.
        job: name of the job; "" for the cluster.
    """

    name: str
    state: State
    detail: str
    job: str = ""


@dataclass(frozen=True)
class Limits:
    """Where a job stops being healthy.

    Attributes:
        max_checkpoint_age_ms: of the last completed one; None: three intervals, at least a minute.
        recent_failure_ms: how long a restart counts.
        max_lag: unread records; None: any number will do.
        max_back_pressure: share of the time that a task may be held up by those after it.
    """

    max_checkpoint_age_ms: int | None = None
    recent_failure_ms: int = 300_000
    max_lag: int | None = None
    max_back_pressure: float = 0.9


def check_state(facts: JobFacts, limits: Limits, now_ms: int) -> Check:
    """Whether the job runs; what is starting, restarting or ending is on its way."""
    del limits
    state = _STATES.get(facts.job.state, "degraded")
    reason = f": {facts.last_failure}" if state != "ok" and facts.last_failure else ""
    return Check("state", state, f"{facts.job.state} for {_span(now_ms - facts.job.start_ms)}{reason}", facts.job.name)


def check_tasks(facts: JobFacts, limits: Limits, now_ms: int) -> Check | None:
    """Whether every task is at work, or done with bounded input."""
    del limits, now_ms
    total = sum(facts.tasks.values())
    if not total:
        return None
    working = sum(count for state, count in facts.tasks.items() if state in _WORKING)
    others = ", ".join(f"{count} {state}" for state, count in sorted(facts.tasks.items()) if state not in _WORKING)
    detail = f"{working} of {total}" + (f", {others}" if others else "")
    return Check("tasks", "ok" if working == total else "degraded", detail, facts.job.name)


def check_restarts(facts: JobFacts, limits: Limits, now_ms: int) -> Check | None:
    """Whether the job failed lately; old failures are history."""
    if facts.restarts is None:
        return None
    last = facts.last_failure_ms
    if not facts.restarts or last is None:
        return Check("restarts", "ok", str(facts.restarts), facts.job.name)
    is_recent = now_ms - last < limits.recent_failure_ms
    detail = f"{facts.restarts}, last {_span(now_ms - last)} ago: {facts.last_failure}"
    return Check("restarts", "degraded" if is_recent else "ok", detail, facts.job.name)


def check_checkpoints(facts: JobFacts, limits: Limits, now_ms: int) -> Check:
    """Whether a failure now would lose little: a checkpoint completed lately, and none has failed since."""
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
    """Whether a task stands still because those after it do not keep up."""
    del now_ms
    if not facts.back_pressure:
        return None
    vertex, share = max(facts.back_pressure.items(), key=lambda item: item[1])
    where = f" in {_short(vertex)}" if share else ""
    state: State = "degraded" if share > limits.max_back_pressure else "ok"
    return Check("back pressure", state, f"{share:.0%}{where}", facts.job.name)


def check_lag(facts: JobFacts, limits: Limits, now_ms: int) -> Check | None:
    """How much the sources have still to read, where they know."""
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
    """Return what all checks found; of a job that ended, or has no tasks yet, its state alone."""
    checks = CHECKS[:1] if facts.job.is_ended or facts.job.state == "INITIALIZING" else CHECKS
    return [found for check in checks if (found := check(facts, limits, now_ms)) is not None]


def _span(ms: int) -> str:
    """A length of time in its largest unit.

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

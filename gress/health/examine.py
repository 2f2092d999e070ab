"""Health of a cluster and its jobs, for people, probes and alerts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from gress.health.checks import Check, Limits, State, run_checks
from gress.health.facts import look_at
from gress.health.models import model_checks
from jobs.errors import JobError
from jobs.flink.rest import ClusterUnreachable, FlinkRest, RunningJob

EXIT_CODES: dict[State, int] = {"ok": 0, "degraded": 1, "down": 2}
"""Exit codes of `gress health`."""

# Another server may answer there, such as another version of Flink, with JSON of its own.
_ANOTHER_SHAPE = (LookupError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True)
class Health:
    """Health of a cluster at one moment.

    Attributes:
        cluster: HOST:PORT.
        state: the worst state of the checks.
        checks: all checks.
        at_ms: time in epoch milliseconds.
    """

    cluster: str
    state: State
    checks: tuple[Check, ...]
    at_ms: int

    @property
    def exit_code(self) -> int:
        """0 ok, 1 degraded, 2 down."""
        return EXIT_CODES[self.state]


def examine(
    cluster: str,
    job: str | None = None,
    limits: Limits | None = None,
    *,
    metrics: Sequence[str] = (),
    timeout_s: float = 5.0,
) -> Health:
    """Examine a cluster and its jobs; problems become checks, not errors.

    Args:
        cluster: HOST:PORT of the REST API.
        job: id or name; None: the latest job of every name, without those that finished or were cancelled.
        limits: limits of a healthy job.
        metrics: HOST:PORT of the workers' metrics endpoints, which report models and their breakers.
        timeout_s: longest wait for each answer, in seconds.
    """
    now_ms = round(time.time() * 1000)
    checks: list[Check] = []
    try:
        rest = FlinkRest(cluster, timeout_s=timeout_s)
        checks.append(_check_cluster(rest))
        for found in _chosen(rest, job):
            checks += run_checks(look_at(rest, found), limits or Limits(), now_ms)
    except ClusterUnreachable as error:
        checks.append(Check("cluster", "down", str(error)))
    except JobError as error:
        checks.append(Check("job", "down", str(error), job or ""))
    except _ANOTHER_SHAPE as error:
        problem = f"expected answers of Flink's REST API, got others ({type(error).__name__} for one of them)"
        checks.append(Check("cluster", "down", f"cluster {cluster}: {problem}; check HOST:PORT"))
    for endpoint in metrics:
        checks += model_checks(endpoint, timeout_s=timeout_s)
    return Health(cluster, worst(checks), tuple(checks), now_ms)


def worst(checks: Sequence[Check]) -> State:
    """Return the worst state of all."""
    return max((check.state for check in checks), key=EXIT_CODES.__getitem__, default="ok")


def _check_cluster(rest: FlinkRest) -> Check:
    found = rest.get("/overview")
    detail = f"{found['taskmanagers']} TaskManagers, {found['slots-available']} of {found['slots-total']} slots free"
    return Check("cluster", "ok" if found["taskmanagers"] else "down", detail)


def _chosen(rest: FlinkRest, job: str | None) -> list[RunningJob]:
    if job is not None:
        return [rest.job(job)]
    latest: dict[str, RunningJob] = {}
    for found in rest.jobs():
        latest.setdefault(found.name, found)
    # A job that finished, or that a user cancelled, is no fault; one that failed is.
    return [found for found in latest.values() if found.state not in ("FINISHED", "CANCELED")]

"""The loop: look at a job, decide, ask Flink to rescale; again and again until the job ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gress.autoscale.decide import Autoscaler
from gress.autoscale.decision import Decision
from gress.autoscale.look import look_at_job
from gress.autoscale.policy import Policy
from jobs.errors import JobError, fail, refuse
from jobs.flink.rest import ENDED, ClusterUnreachable, FlinkRest

_SCHEDULER = "jobmanager.scheduler"
# Another server may answer there, such as another version of Flink, with JSON of its own.
_ANOTHER_SHAPE = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Surroundings:
    """The world outside of a loop.

    Attributes:
        tell: function that gets every decision.
        clock: function that returns monotonic seconds.
        wait: waits until the next look; returns whether the loop is to end.
    """

    tell: Callable[[Decision], None]
    clock: Callable[[], float]
    wait: Callable[[], bool]


def autoscale(rest: FlinkRest, job: str, policy: Policy, around: Surroundings, *, is_dry: bool = False) -> str:
    """Keep the parallelism of a job at what its load needs, until it ends; return its last state.

    Where the cluster does not answer, the loop waits for it and decides nothing meanwhile.

    Args:
        rest: client of the cluster.
        job: id of the job.
        policy: bounds and times.
        around: listener, clock and pause.
        is_dry: decide, and change nothing.

    Raises:
        JobError: the cluster cannot rescale jobs, or does not know the job any more.
    """
    require_adaptive(rest)
    scaler, state = Autoscaler(policy), ""
    while True:
        try:
            look = look_at_job(rest, job, around.clock())
            state = look.state
            decision = scaler.decide(look)
            around.tell(decision)
            if decision.action != "hold" and not is_dry:
                rescale(rest, job, decision.wanted)
                scaler.rescaled(around.clock())
        except ClusterUnreachable as error:
            around.tell(Decision("hold", "cluster", str(error)))
        except JobError as error:
            _require_known(rest, job)
            around.tell(Decision("hold", "cluster", str(error)))
        except _ANOTHER_SHAPE as error:
            problem = f"expected answers of Flink's REST API, got others ({type(error).__name__} for one of them)"
            around.tell(Decision("hold", "cluster", f"cluster {rest.address}: {problem}"))
        if state in ENDED or around.wait():
            break
    return state


def rescale(rest: FlinkRest, job: str, parallelism: Mapping[str, int]) -> None:
    """Ask a cluster to give each vertex of a job a parallelism; with fewer slots the job runs with fewer tasks.

    Raises:
        JobError: the cluster does not take it.
    """
    body = {
        vertex: {"parallelism": {"lowerBound": 1, "upperBound": tasks}} for vertex, tasks in sorted(parallelism.items())
    }
    rest.put(f"/jobs/{job}/resource-requirements", body)


def require_adaptive(rest: FlinkRest) -> None:
    """Refuse a cluster whose scheduler does not rescale jobs.

    Raises:
        JobError: it has another scheduler than the adaptive one.
    """
    settings = {str(each["key"]): str(each["value"]) for each in rest.get("/jobmanager/config")}
    scheduler = settings.get(_SCHEDULER, "Default")
    if scheduler.lower() != "adaptive":
        refuse(f"cluster {rest.address}", f"{_SCHEDULER}: adaptive", scheduler, "gress cluster up --adaptive")


def _require_known(rest: FlinkRest, job: str) -> None:
    """Refuse a job that the cluster does not list.

    Raises:
        JobError: it does not.
    """
    try:
        known = [each.id for each in rest.jobs()]
    except JobError:
        # It is in trouble, which passes or becomes plain later.
        return
    if job not in known:
        fail(f"job {job}", f"cluster {rest.address} does not know it any more", "it was started anew without its jobs")

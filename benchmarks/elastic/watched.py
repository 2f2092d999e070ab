"""Observations and actions of an autoscaler, second by second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gress.autoscale.decision import Decision
from gress.autoscale.loop import Surroundings, autoscale
from gress.autoscale.policy import Policy
from jobs.flink.rest import FlinkRest


@dataclass(frozen=True)
class Sample:
    """A decision in its time.

    Attributes:
        second: seconds since the first row that counts.
        at_ms: epoch milliseconds.
        rate: rows a second that arrive.
        decision: action, slots, backlog.
    """

    second: float
    at_ms: int
    rate: float
    decision: Decision


@dataclass(frozen=True)
class Start:
    """A start of all tasks of the job.

    Attributes:
        at_ms: epoch milliseconds from which all of them ran.
        slots: number of the slots that they took.
    """

    at_ms: int
    slots: int


@dataclass
class Watched:
    """A loop of `gress autoscale` in a thread of this process.

    Attributes:
        address: HOST:PORT of the cluster.
        job: id of the job.
        policy: of the loop.
        look_s: seconds between two looks.
        second: function that returns seconds since the first row that counts.
        rate: function from these seconds to rows a second.
        samples: what it saw and did.
        started: starts of the tasks that it saw.
        stop: set to end.
    """

    address: str
    job: str
    policy: Policy
    look_s: float
    second: Callable[[], float]
    rate: Callable[[float], float]
    samples: list[Sample] = field(default_factory=list)
    started: list[Start] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Run the loop."""
        around = Surroundings(self._note, time.monotonic, lambda: self.stop.wait(self.look_s))
        autoscale(FlinkRest(self.address), self.job, self.policy, around)

    @property
    def rescales(self) -> list[Sample]:
        """Those that changed something."""
        return [sample for sample in self.samples if sample.decision.action != "hold"]

    def _note(self, decision: Decision) -> None:
        second = self.second()
        self.samples.append(Sample(second, time.time_ns() // 1_000_000, self.rate(second), decision))
        last = self.samples[-2].decision if len(self.samples) > 1 else None
        if last is not None and _stands_still(last) and not _stands_still(decision):
            self.started.append(Start(_ran_from_ms(FlinkRest(self.address), self.job), decision.slots))
        if last is None or (decision.action, decision.cause) != (last.action, last.cause):
            print(f"{second:.0f} s: {decision.line()}", flush=True)


def _stands_still(decision: Decision) -> bool:
    """Return whether not all tasks run; for a while after that the cause to hold is the same."""
    return decision.cause == "starting" and not decision.reason.startswith("tasks started")


def _ran_from_ms(rest: FlinkRest, job: str) -> int:
    """Return the time from which all tasks that run did so, epoch milliseconds."""
    latest = 0
    for vertex in rest.get(f"/jobs/{job}")["vertices"]:
        for task in rest.get(f"/jobs/{job}/vertices/{vertex['id']}")["subtasks"]:
            # Flink's start of a task is the start of its deployment.
            before = (task["status-duration"].get(state, 0) for state in ("DEPLOYING", "INITIALIZING"))
            latest = max(latest, int(task["start-time"]) + sum(max(0, int(each)) for each in before))
    return latest

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
        stop: set to end.
    """

    address: str
    job: str
    policy: Policy
    look_s: float
    second: Callable[[], float]
    rate: Callable[[float], float]
    samples: list[Sample] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Run the loop."""
        around = Surroundings(self._note, time.monotonic, lambda: self.stop.wait(self.look_s))
        autoscale(FlinkRest(self.address), self.job, self.policy, around)

    @property
    def rescales(self) -> list[Sample]:
        """Those that changed something."""
        return [sample for sample in self.samples if sample.decision.action != "hold"]

    def starts(self) -> list[tuple[int, int]]:
        """Return a time before the first row of each start of tasks, and how many tasks the job had from then on.

        It is the last look at which not all tasks ran, in epoch milliseconds.
        """
        return [
            (before.at_ms, after.decision.slots)
            for before, after in zip(self.samples, self.samples[1:], strict=False)
            if _stands_still(before.decision) and not _stands_still(after.decision)
        ]

    def _note(self, decision: Decision) -> None:
        second = self.second()
        self.samples.append(Sample(second, time.time_ns() // 1_000_000, self.rate(second), decision))
        last = self.samples[-2].decision if len(self.samples) > 1 else None
        if last is None or (decision.action, decision.cause) != (last.action, last.cause):
            print(f"{second:.0f} s: {decision.line()}", flush=True)


def _stands_still(decision: Decision) -> bool:
    """Return whether not all tasks run; for a while after that the cause to hold is the same."""
    return decision.cause == "starting" and not decision.reason.startswith("tasks started")

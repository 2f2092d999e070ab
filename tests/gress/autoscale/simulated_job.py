"""A simulated job of three vertices, second by second: what arrives, what waits, and what Flink would report of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gress.autoscale.decide import Autoscaler
from gress.autoscale.decision import Decision
from gress.autoscale.graph import Look, Totals, Vertex

NAMES = ("source", "scoring", "sink")
COSTS_S = (0.0005, 0.005, 0.0002)
"""Seconds for a record by vertex: a task of the second takes 200 a second."""


@dataclass
class SimulatedJob:
    """A job under a load; one task a vertex at first.

    Attributes:
        load: records a second at a second.
        slots: slots of the cluster.
        partitions: partitions of the topic.
        fetch_s: seconds between two times that counts reach the JobManager.
        restart_s: seconds without work for a rescale.
        noise: relative spread of the cost of a record from second to second.
        says_pending: whether the source says what waits.
        parallelism: tasks by vertex.
        waiting: records at the source.
    """

    load: Callable[[int], float]
    slots: int = 16
    partitions: int = 12
    fetch_s: int = 2
    restart_s: int = 12
    noise: float = 0.0
    says_pending: bool = True
    parallelism: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 1))
    waiting: float = 0.0
    now_s: int = 0
    stops_until_s: int = 0
    attempt: int = 1
    random_: random.Random = field(default_factory=lambda: random.Random(7))
    taken: float = 0.0
    times: dict[str, list[float]] = field(default_factory=lambda: {name: [0.0] * 3 for name in NAMES})
    reported: dict[str, Vertex] = field(default_factory=dict)

    def tick(self) -> None:
        """Let a second pass."""
        self.waiting += self.load(self.now_s)
        self.now_s += 1
        if self.now_s <= self.stops_until_s:
            return
        costs = {name: cost * self.random_.gauss(1.0, self.noise) for name, cost in zip(NAMES, COSTS_S, strict=True)}
        room = {name: self._workers(name) / costs[name] for name in NAMES}
        done = min(self.waiting, *room.values())
        self.waiting -= done
        self.taken += done
        is_full = self.waiting > 0
        slowest = NAMES.index(min(room, key=room.__getitem__))
        for place, name in enumerate(NAMES):
            busy_s = done * costs[name]
            left_s = self.parallelism[name] - busy_s
            held_up_s = left_s if is_full and place < slowest else 0.0
            spent = (busy_s, left_s - held_up_s, held_up_s)
            self.times[name] = [old + 1000 * new for old, new in zip(self.times[name], spent, strict=True)]
        if self.now_s % self.fetch_s == 0:
            self.reported = self._vertices()

    def rescale(self, parallelism: Mapping[str, int]) -> None:
        """Restart with other numbers of tasks."""
        self.parallelism = dict(parallelism)
        self.stops_until_s = self.now_s + self.restart_s
        self.attempt += 1
        self.taken = 0.0
        self.times = {name: [0.0] * 3 for name in NAMES}
        self.reported = self._vertices()

    def look(self) -> Look:
        """Return what the cluster would say now."""
        is_whole = self.now_s > self.stops_until_s
        vertices = self.reported or self._vertices()
        return Look(self.now_s, "RUNNING", is_whole, vertices, self.slots, self.attempt)

    def _workers(self, name: str) -> int:
        # A task of the source without a partition reads nothing.
        return min(self.parallelism[name], self.partitions) if name == "source" else self.parallelism[name]

    def _vertices(self) -> dict[str, Vertex]:
        found: dict[str, Vertex] = {}
        for place, name in enumerate(NAMES):
            found[name] = Vertex(
                id=name,
                name=name,
                parallelism=self.parallelism[name],
                max_parallelism=120,
                inputs=NAMES[place - 1 : place] if place else (),
                partitions=None if place else self.partitions,
                pending=self.waiting if not place and self.says_pending else None,
                totals=Totals(self.taken, *self.times[name], self.taken if name != NAMES[-1] else 0.0),
            )
        return found


@dataclass(frozen=True)
class Run:
    """Results of a run of the loop over a simulated job.

    Attributes:
        decisions: decisions by second, those to hold as well.
        waiting: records at the source by second.
        slots: slots of the job by second.
    """

    decisions: Mapping[int, Decision]
    waiting: list[float]
    slots: list[int]

    @property
    def rescales(self) -> list[tuple[int, str, int]]:
        """Second, action and new slots of each rescale."""
        return [(s, each.action, each.wanted_slots) for s, each in self.decisions.items() if each.action != "hold"]

    def most_in_an_hour(self) -> int:
        """Return the largest number of rescales in any hour."""
        times = [second for second, _, _ in self.rescales]
        return max((sum(start <= each < start + 3600 for each in times) for start in times), default=0)


def drive(job: SimulatedJob, scaler: Autoscaler, seconds: int, *, every_s: int = 5) -> Run:
    """Run the loop over a job."""
    decisions: dict[int, Decision] = {}
    waiting, slots = [], []
    for _ in range(seconds):
        job.tick()
        waiting.append(job.waiting)
        slots.append(max(job.parallelism.values()))
        if job.now_s % every_s:
            continue
        decision = scaler.decide(job.look())
        decisions[job.now_s] = decision
        if decision.action != "hold":
            job.rescale(decision.wanted)
            scaler.rescaled(job.now_s)
    return Run(decisions, waiting, slots)

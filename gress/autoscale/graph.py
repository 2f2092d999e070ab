"""A job's vertices, as one look at a cluster finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Totals:
    """Counts of a vertex since its tasks started, over all of them.

    Attributes:
        records: records that it took; of a source, records that it read.
        busy_ms: time at work, in task milliseconds. A task that waits for its Python worker is at work.
        idle_ms: time without input.
        held_up_ms: time for which those that follow took nothing (back pressure).
        passed_on: records that it gave to the vertices after it.
    """

    records: float
    busy_ms: float
    idle_ms: float
    held_up_ms: float
    passed_on: float = 0.0

    @property
    def task_ms(self) -> float:
        """All of the time."""
        return self.busy_ms + self.idle_ms + self.held_up_ms


@dataclass(frozen=True)
class Vertex:
    """A vertex of a job: operators that run as one task.

    Attributes:
        id: 32 hexadecimal digits.
        name: name in Flink's words.
        parallelism: number of its tasks.
        max_parallelism: number of key groups, which no parallelism exceeds.
        inputs: ids of the vertices before it; none: a source.
        tied_to: those of them from which it takes records without redistribution, and so with the same parallelism.
        partitions: partitions that a source reads; None: it does not say.
        pending: records that a source knows of and has not read; None: it does not say.
        totals: counts since the start; None: not reported yet.
    """

    id: str
    name: str
    parallelism: int
    max_parallelism: int
    inputs: tuple[str, ...] = ()
    tied_to: tuple[str, ...] = ()
    partitions: int | None = None
    pending: float | None = None
    totals: Totals | None = None

    @property
    def is_source(self) -> bool:
        """Whether records enter the job here."""
        return not self.inputs


@dataclass(frozen=True)
class Look:
    """A job at one moment.

    Attributes:
        at_s: monotonic seconds of the observer.
        state: the job's state in Flink's words.
        is_whole: whether all tasks run.
        vertices: vertices by id, each after those before it.
        slots: slots that the job has or could get.
        attempt: number that grows with each restart and rescale, after which counts begin at zero.
    """

    at_s: float
    state: str
    is_whole: bool
    vertices: Mapping[str, Vertex] = field(default_factory=dict)
    slots: int = 0
    attempt: int = 0

    @property
    def parallelism(self) -> dict[str, int]:
        """Parallelism by vertex."""
        return {vertex.id: vertex.parallelism for vertex in self.vertices.values()}

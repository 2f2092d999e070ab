"""A parallelism that a vertex can have, near the one that its load needs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

NEAR = 1.25
"""Largest factor by which the number of tasks may exceed the need, so that all have equally many key groups."""

_ROUNDING = 1e-9


def fit(needed: float, utilization: float, *, bounds: tuple[int, int], groups: int) -> int:
    """Return the fewest tasks that need no more than a share of their time, within bounds.

    Key groups (or partitions) are dealt out evenly where their number is a multiple of the parallelism. A divisor that
    is near above is taken instead; further up none is, and the busiest task has one group more than the others.

    Args:
        needed: tasks that would work all the time.
        utilization: share of the time that they should work, 0 to 1.
        bounds: fewest and most tasks.
        groups: number of key groups or partitions.

    >>> fit(3.2, 0.7, bounds=(1, 16), groups=120), fit(4.5, 0.7, bounds=(1, 16), groups=120)
    (5, 8)
    >>> fit(9.0, 0.7, bounds=(1, 8), groups=120)
    8
    """
    fewest, most = bounds
    most = max(1, min(most, groups))
    wanted = min(max(math.ceil(needed / utilization - _ROUNDING), fewest, 1), most)
    return next((tasks for tasks in range(wanted, min(most, int(wanted * NEAR)) + 1) if groups % tasks == 0), wanted)


def tie(wanted: Mapping[str, int], ties: Mapping[str, Sequence[str]], most: Mapping[str, int]) -> dict[str, int]:
    """Return a parallelism that vertices have in common which pass records on without redistribution.

    Flink sends such a record to the one task of the same number, so tasks beyond those of the vertex before would have
    no input. The largest of the wanted ones counts, as far as each vertex and those before it may go.

    Args:
        wanted: parallelism by vertex, each after those before it.
        ties: vertices before it to which each vertex is tied.
        most: most tasks of each vertex.

    >>> tie({"a": 2, "b": 5, "c": 1}, {"b": ["a"], "c": ["b"]}, {"a": 4, "b": 8, "c": 1})
    {'a': 4, 'b': 4, 'c': 1}
    """
    head = {vertex: vertex for vertex in wanted}
    for vertex, others in ties.items():
        for other in others:
            _join(head, vertex, other)
    together: dict[str, int] = {}
    for vertex, tasks in wanted.items():
        together[head[vertex]] = max(tasks, together.get(head[vertex], 0))
    found: dict[str, int] = {}
    for vertex in wanted:
        found[vertex] = min(together[head[vertex]], most[vertex], *(found[other] for other in ties.get(vertex, ())))
    return found


def largest(parallelism: Iterable[int]) -> int:
    """Return the slots that a job takes: its tasks share them."""
    return max(parallelism, default=0)


def _join(head: dict[str, str], one: str, other: str) -> None:
    old, new = head[one], head[other]
    for vertex, found in head.items():
        if found == old:
            head[vertex] = new

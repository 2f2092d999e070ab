"""The parallelism that a job's load needs, from two looks at it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gress.autoscale.decision import Load
from gress.autoscale.ds2 import Rates, needed_tasks, target_rates
from gress.autoscale.fit import fit, tie
from gress.autoscale.graph import Look, Vertex
from gress.autoscale.policy import Policy
from gress.autoscale.rates import rates_between, source_targets

_NAME_LENGTH = 40


@dataclass(frozen=True)
class Needs:
    """Loads and the parallelism that they need.

    Attributes:
        loads: what each vertex has to do.
        wanted: parallelism by vertex, within bounds.
        pending: records that wait at the sources; None: unknown.
    """

    loads: Mapping[str, Load]
    wanted: Mapping[str, int]
    pending: float | None

    @property
    def worst(self) -> Load:
        """The vertex whose tasks would have the least time to spare."""
        return max(self.loads.values(), key=lambda load: load.utilization)

    def why(self) -> str:
        """Return the load of the busiest vertex, as text."""
        load = self.worst
        takes = "" if load.true_rate is None else f", of which a task takes {load.true_rate:.4g}"
        share = f"{load.name!r} needs {load.utilization:.0%} of its time"
        return f"{share} for {load.target_s:.4g} records/s{takes}"


def needs_between(before: Look, after: Look, policy: Policy) -> Needs | None:
    """Return what the load between two looks needs; None where it was not measured, or no vertex worked."""
    rates = rates_between(before, after)
    if not rates:
        return None
    sources = source_targets(before, after, rates, catch_up_s=policy.catch_up_s, restart_s=policy.restart_s)
    targets = target_rates({vertex.id: vertex.inputs for vertex in after.vertices.values()}, rates, sources)
    needed = needed_tasks(rates, targets)
    loads = {each: _load(vertex, rates[each], targets[each], needed[each]) for each, vertex in after.vertices.items()}
    wanted = {
        each: fit(needed[each], policy.utilization, bounds=bound(after, vertex, policy), groups=groups(vertex))
        for each, vertex in after.vertices.items()
    }
    known = [vertex.pending for vertex in after.vertices.values() if vertex.pending is not None]
    return Needs(loads, tied(wanted, after, policy), sum(known) if known else None)


def tied(wanted: Mapping[str, int], look: Look, policy: Policy) -> dict[str, int]:
    """Return the wanted parallelism with one for all vertices that are tied."""
    ties = {vertex.id: vertex.tied_to for vertex in look.vertices.values()}
    return tie(wanted, ties, {vertex.id: bound(look, vertex, policy)[1] for vertex in look.vertices.values()})


def bound(look: Look, vertex: Vertex, policy: Policy) -> tuple[int, int]:
    """Return the fewest and the most tasks that a vertex may have."""
    most = min(look.slots if policy.most is None else min(policy.most, look.slots), groups(vertex))
    return min(policy.fewest, max(most, 1)), max(most, 1)


def groups(vertex: Vertex) -> int:
    """Return the number of parts that a vertex's work has: partitions of a source, key groups of others."""
    parts = [vertex.max_parallelism] if vertex.partitions is None else [vertex.max_parallelism, vertex.partitions]
    return max(1, min(parts))


def highest(needs: Sequence[Needs], vertices: Sequence[str]) -> Load:
    """Return the highest load that one of some vertices had."""
    return max((each.loads[vertex] for each in needs for vertex in vertices), key=lambda load: load.utilization)


def peak(needs: Sequence[Needs]) -> dict[str, int]:
    """Return the largest parallelism that each vertex needed."""
    found: dict[str, int] = {}
    for each in needs:
        for vertex, tasks in each.wanted.items():
            found[vertex] = max(tasks, found.get(vertex, 0))
    return found


def _load(vertex: Vertex, rates: Rates, target: float, needed: float) -> Load:
    rate = rates.true_rate
    name = vertex.name if len(vertex.name) <= _NAME_LENGTH else f"{vertex.name[: _NAME_LENGTH - 1]}…"
    # A vertex without input shows no speed, and slows no other down.
    utilization = 0.0 if math.isnan(rate) else needed / vertex.parallelism
    return Load(name, vertex.parallelism, target, rate if math.isfinite(rate) else None, utilization)

"""DS2: the parallelism that a job's load needs, by true processing rates, for all vertices in one step.

A vertex that works for a share *b* of the time on λ records a second could take λ / b: its true rate. The records that
reach it follow from those of the sources by the ratios that were measured on the way.

Source: Kalavri, Liagouris, Hoffmann, Dimitrova, Forshaw, Roscoe, "Three steps is all you need: fast, accurate,
automatic scaling decisions for distributed streaming dataflows", OSDI 2018, equations 5 to 8.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """Rates of a vertex over a while.

    Attributes:
        parallelism: number of its tasks.
        records_s: records a second that it took, over all tasks.
        busy: share of the time at work, mean over tasks, 0 to 1.
        passed_on_s: records a second that it gave to the vertices after it, over all of them; 0: unknown, or none.
    """

    parallelism: int
    records_s: float
    busy: float
    passed_on_s: float = 0.0

    @property
    def true_rate(self) -> float:
        """Records a second that one task could take; infinite where the work was too short to measure, NaN without any.

        >>> Rates(parallelism=2, records_s=100.0, busy=0.5).true_rate
        100.0
        """
        if not self.records_s > 0:
            return math.nan
        return self.records_s / (self.busy * self.parallelism) if self.busy > 0 else math.inf


def target_rates(
    inputs: Mapping[str, Sequence[str]], rates: Mapping[str, Rates], sources: Mapping[str, float]
) -> dict[str, float]:
    """Return the records a second that each vertex must take.

    Args:
        inputs: ids of the vertices before each vertex; each vertex comes after those before it.
        rates: measured rates by vertex.
        sources: records a second that each source must take.
    """
    targets: dict[str, float] = {}
    for vertex, before in inputs.items():
        if not before:
            targets[vertex] = sources[vertex]
        elif all(rates[each].passed_on_s > 0 and rates[each].records_s > 0 for each in before):
            shares = {each: rates[each].passed_on_s * _share(vertex, each, inputs, rates) for each in before}
            targets[vertex] = sum(targets[each] * share / rates[each].records_s for each, share in shares.items())
        else:
            measured = sum(rates[each].records_s for each in before)
            coming = sum(targets[each] for each in before)
            targets[vertex] = coming * rates[vertex].records_s / measured if measured > 0 else 0.0
    return targets


def _share(vertex: str, before: str, inputs: Mapping[str, Sequence[str]], rates: Mapping[str, Rates]) -> float:
    """Return the share of the previous vertex's output that goes to a vertex.

    Flink counts that for all vertices after it together. What a vertex takes is no measure where records queue up
    before it, and tells how they part alone.
    """
    takers = [each for each, found in inputs.items() if before in found]
    taken = sum(rates[each].records_s for each in takers)
    return rates[vertex].records_s / taken if taken > 0 else 1 / len(takers)


def needed_tasks(rates: Mapping[str, Rates], targets: Mapping[str, float]) -> dict[str, float]:
    """Return the number of tasks that would work all the time on their target; not rounded.

    A vertex that took nothing needs none, whatever the one before it passed on: Flink counts what goes to a sink there,
    too.
    """
    return {vertex: _needed(rates[vertex], target) for vertex, target in targets.items()}


def _needed(rates: Rates, target: float) -> float:
    if not target > 0:
        return 0.0
    rate = rates.true_rate
    return 0.0 if math.isnan(rate) else target / rate

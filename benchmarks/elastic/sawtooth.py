"""A load that climbs from 2 to 8 units and falls again and again; exit code 1: too many rescales, or a row was lost.

The stage is that of ``elastic``, and nothing is killed; policy and pace of the autoscaler are those of `gress
autoscale` without options. The load climbs for five minutes and falls at once.

Figures: ``rescales``, ``rescales_an_hour`` (in the worst hour), ``slots`` (seconds since the first row that counts, and
slots from then on), ``starts`` (of all tasks, those after a failure too), ``held_by_budget`` (looks at which only the
bound of rescales an hour kept the job as it was), ``waiting`` (most rows that were sent and had no prediction),
``waiting_median`` (over the looks), ``rows``, ``lost`` (rows without a prediction), ``duplicates``, ``dead_letters``.

``python -m benchmarks sawtooth [MINUTES [PLOT]]``, 60 minutes by default, PLOT an SVG file of load, rows that wait, and
slots.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.elastic.answers import Answers
from benchmarks.elastic.bounds import exceeded
from benchmarks.elastic.plan import Sawtooth
from benchmarks.elastic.plot import draw
from benchmarks.elastic.stage import staged
from benchmarks.elastic.waiting import Waiting
from benchmarks.elastic.watched import Sample
from benchmarks.kafka_job import fetch_missing_jars
from benchmarks.measure import load_average, print_figures

BOUNDS = {"rescales_an_hour": 3, "lost": 0, "duplicates": 0, "dead_letters": 0}
_HOUR_S = 3_600.0


def main(minutes: str = "60", plot: str = "") -> int:
    """Print the figures, and one line if a bound is broken."""
    fetch_missing_jars()
    load, plan = load_average(), Sawtooth(length_s=float(minutes) * 60)
    folder = tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True)
    with folder as name, staged(Path(name), plan) as stage:
        stage.begin()
        stage.wait(lambda: stage.sender.second() > plan.length_s, "the end of the plan", plan.length_s + 60.0)
        rows, answers = stage.end()
    samples = [each for each in stage.watched.samples if each.second > 0]
    print(f"load average before {load}, after {load_average()}")
    if plot:
        title = "gress autoscale, a sawtooth from 2 to 8 units"
        Path(plot).write_text(draw(title, samples, Waiting(answers.seen).rows), encoding="utf-8")
    figures = figures_of(rows, answers, samples, len(stage.watched.started))
    print_figures(figures)
    return exceeded(figures, BOUNDS)


def figures_of(rows: int, answers: Answers, samples: Sequence[Sample], starts: int) -> dict[str, Any]:
    """Return the figures of a run.

    Args:
        rows: number of rows that count.
        answers: what became of them.
        samples: what the autoscaler saw and did since the first of them.
        starts: how often all tasks started anew.
    """
    waiting = Waiting(answers.seen)
    held = [waiting.rows(each.at_ms) for each in samples]
    rescaled = [each.second for each in samples if each.decision.action != "hold"]
    return {
        "rescales": len(rescaled),
        "rescales_an_hour": worst_hour(rescaled),
        "slots": slots_over_time(samples),
        "starts": starts,
        "held_by_budget": sum(each.decision.cause == "budget" for each in samples),
        "waiting": max(held),
        "waiting_median": statistics.median(held),
        "rows": rows,
        "lost": rows - len(answers.times),
        "duplicates": answers.duplicates,
        "dead_letters": answers.dead_letters,
    }


def worst_hour(seconds: Sequence[float]) -> int:
    """Return how many of some times lie within one hour, at most.

    >>> worst_hour([0.0, 1_800.0, 3_599.0, 3_700.0])
    3
    """
    return max((sum(begin <= each < begin + _HOUR_S for each in seconds) for begin in seconds), default=0)


def slots_over_time(samples: Sequence[Sample]) -> list[tuple[int, int]]:
    """Return each change of the slots that the job had, with its second."""
    changes: list[tuple[int, int]] = []
    for each in samples:
        slots = each.decision.slots
        # A cluster that does not answer says nothing about slots.
        if each.decision.current and (not changes or changes[-1][1] != slots):
            changes.append((round(each.second), slots))
    return changes


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

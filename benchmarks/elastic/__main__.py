"""A load that grows from 2 to 8 units and falls again, on a local cluster with Kafka; exit code 1: a bound is broken.

A cluster of two TaskManagers with three slots each runs a job with a window from Kafka to Kafka, exactly once. Each row
is looked up in a store that takes 100 ms, so that a task takes at most 10 rows a second and more tasks help on any
machine. `gress autoscale` runs beside it. Once fewer tasks run again, the TaskManager that works is killed (``kill
-9``), and another is started in its place.

Figures: ``decision_s`` (from the first row of the high load to the decision), ``rescales``, ``slots`` (before, at most,
and at the end), ``drained_s`` (from that decision until less than five seconds of rows wait), ``rows``, ``lost`` (rows
without a prediction), ``duplicates``, ``dead_letters``, ``first_row_ratio`` (time of a row in the first batches of new
workers, against the median of all), ``recovered_s`` (from the kill to the next prediction), ``restored_s`` (until all
slots are there again).

``python -m benchmarks.elastic [PLOT]``, PLOT an SVG file of load, backlog and slots.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.elastic.answers import first_row_ratio
from benchmarks.elastic.elastic import Outcome, elastic
from benchmarks.elastic.plan import Plan
from benchmarks.elastic.plot import draw
from benchmarks.kafka_job import fetch_missing_jars
from benchmarks.measure import load_average, print_figures

BOUNDS = {"decision_s": 30.0, "rescales": 3, "lost": 0, "duplicates": 0, "first_row_ratio": 2.0}


def main(plot: str = "") -> int:
    """Print the figures, and one line if a bound is broken."""
    fetch_missing_jars()
    load, plan = load_average(), Plan()
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        outcome = elastic(Path(name), plan)
    print(f"load average before {load}, after {load_average()}")
    if plot:
        Path(plot).write_text(draw(outcome.watched.samples), encoding="utf-8")
    figures = figures_of(outcome, plan)
    print_figures(figures)
    broken = [
        f"{name}: expected at most {most}, got {figures[name]}" for name, most in BOUNDS.items() if figures[name] > most
    ]
    if broken:
        sys.stderr.write(f"{'; '.join(broken)}\n")
    return 1 if broken else 0


def figures_of(outcome: Outcome, plan: Plan) -> dict[str, Any]:
    """Return the figures of a run."""
    samples, answers = outcome.watched.samples, outcome.answers
    up_s = next(each.second for each in outcome.watched.rescales if each.decision.action == "up")
    few = 5 * plan.rate(0.0)
    drained_s = next(
        each.second
        for each in samples
        if each.second > up_s and each.decision.pending is not None and each.decision.pending < few
    )
    starts = outcome.watched.starts()
    ratio = first_row_ratio(answers.batches(), [at_ms for at_ms, _ in starts], [slots for _, slots in starts])
    slots = [each.decision.slots for each in samples if each.decision.current]
    return {
        "decision_s": round(up_s - plan.low_s, 1),
        "rescales": len(outcome.watched.rescales),
        "slots": [slots[0], max(slots), slots[-1]],
        "drained_s": round(drained_s - up_s, 1),
        "rows": outcome.rows,
        "lost": outcome.rows - len(answers.times),
        "duplicates": answers.duplicates,
        "dead_letters": answers.dead_letters,
        "first_row_ratio": round(ratio, 2),
        "recovered_s": round(outcome.recovered_s, 1),
        "restored_s": round(outcome.restored_s, 1),
    }


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

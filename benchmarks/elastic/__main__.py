"""A load that grows from 2 to 8 units and falls again, on a local cluster with Kafka; exit code 1: a bound is broken.

A cluster of two TaskManagers with three slots each runs a job with a window from Kafka to Kafka, exactly once. Each row
is looked up in a store that takes 100 ms, so that a task takes at most 10 rows a second and more tasks help on any
machine. `gress autoscale` runs beside it. Once fewer tasks run again, the TaskManager that works is killed (``kill
-9``), and another is started in its place.

Figures: ``decision_s`` (from the first row of the high load to the decision), ``rescales``, ``slots`` (before, at most,
and at the end), ``waiting`` (most rows that were sent and had no prediction, until fewer tasks run again), ``lag``
(most that the topic held), ``drained_s`` (from that decision until less than five seconds of rows wait), ``rows``,
``lost`` (rows without a prediction), ``duplicates``, ``dead_letters``, ``latency_ms`` (median from event to prediction
while the load is low at first), ``pause_s`` (longest time without predictions at a rescale), ``first_row_s`` (the part
of such a pause from when all tasks run until a prediction is written: the source connects, workers open their functions
and models), ``first_row_ratio`` (that time against ``latency_ms``: the latency of the first row after a rescale against
the steady one), ``first_batch_ratio`` (time of a row in the first batches of new workers from columns to scores alone,
against the median of all), ``recovered_s`` (from the kill to the next prediction), ``restored_s`` (until all slots are
there again). A prediction counts from the time of its record; who reads committed records sees it after the next
checkpoint.

``python -m benchmarks elastic [PLOT]``, PLOT an SVG file of load, rows that wait, and slots.
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.elastic.answers import first_batch_ratio
from benchmarks.elastic.bounds import exceeded
from benchmarks.elastic.elastic import Outcome, elastic
from benchmarks.elastic.plan import Steps
from benchmarks.elastic.plot import draw
from benchmarks.elastic.waiting import Waiting
from benchmarks.elastic.watched import Start
from benchmarks.kafka_job import fetch_missing_jars
from benchmarks.measure import load_average, print_figures

BOUNDS = {
    "decision_s": 30.0,
    "rescales": 3,
    "lost": 0,
    "duplicates": 0,
    "first_row_ratio": 2.0,
    "first_batch_ratio": 2.0,
}
TITLE = "gress autoscale, load 2 to 8 units and back"


def main(plot: str = "") -> int:
    """Print the figures, and one line if a bound is broken."""
    fetch_missing_jars()
    load, plan = load_average(), Steps()
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        outcome = elastic(Path(name), plan)
    print(f"load average before {load}, after {load_average()}")
    if plot:
        picture = draw(TITLE, outcome.watched.samples, Waiting(outcome.answers.seen).rows)
        Path(plot).write_text(picture, encoding="utf-8")
    figures = figures_of(outcome, plan)
    print_figures(figures)
    return exceeded(figures, BOUNDS)


def figures_of(outcome: Outcome, plan: Steps) -> dict[str, Any]:
    """Return the figures of a run."""
    samples, answers, rescales = outcome.watched.samples, outcome.answers, outcome.watched.rescales
    waiting, starts = Waiting(answers.seen), outcome.watched.started
    up = next(each for each in rescales if each.decision.action == "up")
    down = next(each for each in rescales if each.decision.action == "down")
    begin_ms = up.at_ms - 1_000 * up.second
    high_ms = begin_ms + 1_000 * plan.low_s
    held = {at_ms: waiting.rows(at_ms) for at_ms in range(round(high_ms), down.at_ms, 250)}
    few = 5 * plan.rate(0.0)
    drained_ms = next((at_ms for at_ms, rows in held.items() if at_ms > up.at_ms and rows < few), math.inf)
    pauses = [_pause_ms(waiting, start) for start in starts[: len(rescales)]]
    first_ms, steady_ms = max(opening for _, opening in pauses), waiting.latency_ms(begin_ms, high_ms)
    slots = [each.decision.slots for each in samples if each.decision.current]
    return {
        "decision_s": round(up.second - plan.low_s, 1),
        "rescales": len(rescales),
        "slots": [slots[0], max(slots), slots[-1]],
        "waiting": max(held.values()),
        "lag": round(max(each.decision.pending or 0.0 for each in samples)),
        "drained_s": round((drained_ms - up.at_ms) / 1000, 1),
        "rows": outcome.rows,
        "lost": outcome.rows - len(answers.times),
        "duplicates": answers.duplicates,
        "dead_letters": answers.dead_letters,
        "latency_ms": round(steady_ms),
        "pause_s": round(max(whole for whole, _ in pauses) / 1000, 1),
        "first_row_s": round(first_ms / 1000, 2),
        "first_row_ratio": round(first_ms / steady_ms, 2),
        "first_batch_ratio": round(first_batch_ratio(answers.batches(), starts), 2),
        "recovered_s": round(outcome.recovered_s, 1),
        "restored_s": round(outcome.restored_s, 1),
    }


def _pause_ms(waiting: Waiting, start: Start) -> tuple[int, int]:
    """Return the time without predictions around a start of the tasks, and the part of it in which all tasks ran."""
    first_ms = waiting.first_after(start.at_ms)
    return first_ms - waiting.last_before(start.at_ms), first_ms - start.at_ms


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

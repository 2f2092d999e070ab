"""A soak of so many minutes, whose figures are held against bounds; exit code 1: one is broken.

A local cluster scores 500 rows a second from Kafka to Kafka, exactly once: a window, and a network from a registry.
Every hundredth row is malformed. Its metrics are scraped, a new version of the network serves every minute, and between
two of them a damaged one is deployed (20 versions come while all warms up, because so many have metrics of their own).
The cluster's disk is full for 10 s after a third of the time, and the broker is killed, for 5 s, after two thirds.

Figures: ``lost`` (rows without a prediction or a dead letter), ``surplus`` (records beyond one a row), ``misplaced``
(good rows that are dead letters, and malformed ones with a prediction), ``rows_sent`` and ``rows_taken`` (by the topic;
with those before the job worked and after the last that counts), ``versions_unserved``, ``versions_served_in_error``,
``failures`` of the job from which it went on, and by kind of process the last value and the growth an hour with its
standard error: ``memory_mib``, ``live_heap_mib`` (objects that a full collection leaves) and ``open_files``; null: too
short to tell. Growth has bounds from half an hour on: JVMs take what they need for about ten minutes.

``python -m benchmarks soak [MINUTES [SAMPLES]]``, SAMPLES a CSV file of what was seen of the processes. It needs the
package onnx, and root on Linux for the small disk.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.kafka_job import fetch_missing_jars
from benchmarks.measure import load_average, print_figures
from benchmarks.soak.bounds import broken
from benchmarks.soak.plan import Plan
from benchmarks.soak.slope import Slope
from benchmarks.soak.soak import Outcome, soak


def main(minutes: str = "30", samples: str = "") -> int:
    """Print the figures, and one line if a bound is broken."""
    fetch_missing_jars()
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        plan = Plan(float(minutes) * 60)
        try:
            outcome = soak(Path(name), plan)
        except PermissionError as error:
            sys.exit(str(error))
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures_of(outcome))
    if samples:
        _write_samples(Path(samples), outcome)
    lines = broken(outcome.figures, outcome.slopes if plan.tells_growth else {})
    if lines:
        sys.stderr.write(f"{'; '.join(lines)}\n")
    return 1 if lines else 0


def figures_of(outcome: Outcome) -> dict[str, Any]:
    """Return counts and trends as one object."""
    trends: dict[str, dict[str, Any]] = {}
    for (kind, quantity), slope in outcome.slopes.items():
        trends.setdefault(kind, {})[quantity] = {
            "last": round(outcome.latest[kind, quantity], 1),
            "per_hour": _rounded(slope),
        }
    return {**outcome.figures, "growth": trends}


def _write_samples(path: Path, outcome: Outcome) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("at_s", "kind", "quantity", "pid", "value"), *outcome.samples])


def _rounded(slope: Slope | None) -> list[float] | None:
    return None if slope is None else [round(slope.per_hour, 1), round(slope.error, 1)]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Latency of answers with a shadow beside that without, as ``latency`` measures it: single events, 500 a second.

The job is that of ``routing``: two versions of the same network, each a shadow of the other. Runs with and without
shadows take turns. The worker of shadows starts a process and loads models, for which the first ``WARMUP_S`` seconds
are left out. A percentile is the median of those of each ten seconds, since one stall of the machine would decide the
p99 of a whole run. ``p99_ratio`` is the median with shadows relative to that without, and so are the others.

``python -m benchmarks shadow [SECONDS RATE REPEATS]``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.latency.latency import RATE, measure, percentiles
from benchmarks.measure import load_average, print_figures

CONFIG = str(Path(__file__).parents[1] / "data" / "routing.yaml")
_SWITCH = "ml.ab_testing.experiments.0.enable_shadow_mode"

WARMUP_S = 30
_SLICE_S = 10
_LEAST_S = WARMUP_S + _SLICE_S


def main(seconds: str = "80", rate: str = str(RATE), repeats: str = "3") -> None:
    """Print the figures."""
    if float(seconds) < _LEAST_S:
        sys.exit(f"expected at least {_LEAST_S} seconds, of which the first {WARMUP_S} do not count, got {seconds}")
    load = load_average()
    runs: dict[str, list[dict[str, float]]] = {"false": [], "true": []}
    for turn in range(int(repeats)):
        for shadows, found in runs.items():
            took = measure(CONFIG, float(seconds), (f"{_SWITCH}={shadows}",), rate=int(rate))
            found.append(typical(took))
            print(f"turn {turn + 1}, shadows {shadows}: {found[-1]}", flush=True)
    print(f"load average before {load}, after {load_average()}")
    figures: dict[str, float] = {}
    for key in ("p50", "p99", "p99.9"):
        without, beside = (median(each[f"{key}_ms"] for each in found) for found in runs.values())
        name = key.replace(".", "_")
        figures |= {f"{name}_ms": without, f"{name}_ms_with_shadow": beside}
        figures[f"{name}_ratio"] = round(beside / without, 3)
    print_figures(figures)


def typical(took: Sequence[tuple[int, int]]) -> dict[str, float]:
    """Return the medians of the percentiles of each ten seconds after the warm-up, in milliseconds.

    >>> second = 10**9
    >>> typical([(at * second, 9 * second if at in (0, 41) else second // 500) for at in range(60)])["p50_ms"]
    2.0
    """
    first = min(sent for sent, _ in took)
    slices: dict[int, list[int]] = {}
    for sent, ns in took:
        second = (sent - first) / 1e9
        if second >= WARMUP_S:
            slices.setdefault(int(second // _SLICE_S), []).append(ns)
    found = [percentiles(each) for each in slices.values()]
    return {key: round(median(each[key] for each in found), 3) for key in found[0]}


if __name__ == "__main__":
    main(*sys.argv[1:])

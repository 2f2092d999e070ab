"""Latency of answers with a shadow beside that without, as ``latency`` measures it: single events, 500 a second.

The job is that of ``routing``: two versions of the same network, each a shadow of the other. Runs with and without
shadows take turns. The worker of shadows starts a process and loads models, for which the first ``WARMUP_S`` seconds
are left out. A percentile is the median of those of each four seconds: shadows score once in that time, so each slice
has what they cost, while a stall of the machine, which would decide the p99 of a whole run, spoils one slice.
``p99_ratio`` is the median with shadows relative to that without, and so are the others; ``whole_p99_ratio`` is of
whole runs.

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
_SLICE_S = 4
_LEAST_S = WARMUP_S + 3 * _SLICE_S


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
    for key in ("p50", "p99", "whole_p99"):
        without, beside = (median(each[f"{key}_ms"] for each in found) for found in runs.values())
        figures |= {f"{key}_ms": without, f"{key}_ms_with_shadow": beside, f"{key}_ratio": round(beside / without, 3)}
    print_figures(figures)


def typical(took: Sequence[tuple[int, int]]) -> dict[str, float]:
    """Return the medians of the percentiles of each four seconds after the warm-up, and the p99 of it all, in ms.

    >>> second = 10**9
    >>> found = typical([(at * second, 9 * second if at in (0, 41) else second // 500) for at in range(60)])
    >>> found["p50_ms"], found["p99_ms"], found["whole_p99_ms"]
    (2.0, 2.0, 6390.58)
    """
    first = min(sent for sent, _ in took)
    slices: dict[int, list[int]] = {}
    for sent, ns in took:
        second = (sent - first) / 1e9
        if second >= WARMUP_S:
            slices.setdefault(int(second // _SLICE_S), []).append(ns)
    found = [percentiles(each) for each in slices.values()]
    whole = percentiles([ns for each in slices.values() for ns in each])["p99_ms"]
    return {key: round(median(each[key] for each in found), 3) for key in ("p50_ms", "p99_ms")} | {
        "whole_p99_ms": whole
    }


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Latency of answers with a shadow beside that without, as ``latency`` measures it: single events, 500 a second.

The job is that of ``routing``: two versions of the same network, each a shadow of the other. Runs with and without
shadows take turns; ``p99_ratio`` is the median with shadows relative to that without, and so are the others.

``python -m benchmarks shadow [SECONDS RATE REPEATS]``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from benchmarks.latency.latency import RATE, measure, summarise
from benchmarks.measure import load_average, print_figures

CONFIG = str(Path(__file__).parents[1] / "data" / "routing.yaml")
_SWITCH = "ml.ab_testing.experiments.0.enable_shadow_mode"


def main(seconds: str = "40", rate: str = str(RATE), repeats: str = "3") -> None:
    """Print the figures."""
    load = load_average()
    runs: dict[str, list[dict[str, float]]] = {"false": [], "true": []}
    for turn in range(int(repeats)):
        for shadows, found in runs.items():
            found.append(summarise(measure(CONFIG, float(seconds), (f"{_SWITCH}={shadows}",), rate=int(rate))))
            print(f"turn {turn + 1}, shadows {shadows}: {found[-1]}", flush=True)
    print(f"load average before {load}, after {load_average()}")
    figures: dict[str, float] = {}
    for key in ("p50", "p99", "p99.9"):
        without, beside = (median(each[f"{key}_ms"] for each in found) for found in runs.values())
        name = key.replace(".", "_")
        figures |= {f"{name}_ms": without, f"{name}_ms_with_shadow": beside}
        figures[f"{name}_ratio"] = round(beside / without, 3)
    print_figures(figures)


if __name__ == "__main__":
    main(*sys.argv[1:])

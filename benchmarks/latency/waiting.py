"""Time that a row waits for its batch, by ``batch_timeout``, and for a call of the model, by ``max_concurrency``.

- ``timeout`` sends 500 events a second to the jobs of ``latency`` in the throughput profile, on one slot.
  Its figures are milliseconds from sending an event to the moment at which Flink has its prediction.
- ``concurrency`` scores single rows with the shipped trees in eight threads of one process, as eight tasks of the
  latency profile do.

``python -m benchmarks waiting [timeout [SECONDS] | concurrency [SECONDS]]``.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.latency.latency import SCORING, measure, summarise
from benchmarks.measure import load_average, print_figures

TIMEOUTS_MS = (5, 10, 50, 200)
LIMITS = (1, 2, 4, 8)
_THREADS = 8


def main(what: str = "timeout", *arguments: str) -> None:
    """Print the figures."""
    {"timeout": measure_timeouts, "concurrency": measure_limits}[what](*arguments)


def measure_timeouts(seconds: str = "40") -> None:
    """Print the wait of a row by the timeout of a batch, without and with windows."""
    from jobs.catalogue import default_config

    load = load_average()
    figures: dict[str, dict[int, dict[str, float]]] = {}
    for name, config in (("scoring", str(SCORING)), ("fraud", str(default_config("fraud-detection")))):
        for timeout_ms in TIMEOUTS_MS:
            chosen = ("execution.profile=throughput", f"job.inference.batch_timeout={timeout_ms}ms")
            found = summarise(measure(config, float(seconds), chosen))
            figures.setdefault(name, {})[timeout_ms] = found
            print(f"{name}, batch_timeout {timeout_ms} ms: {found}", flush=True)
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def measure_limits(seconds: str = "5") -> None:
    """Print calls a second and the time of a call by the limit of concurrent calls."""
    load = load_average()
    figures = {limit: _score_in_threads(limit, float(seconds)) for limit in LIMITS}
    for limit, found in figures.items():
        print(f"max_concurrency {limit}: {found}")
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def _score_in_threads(limit: int, seconds: float) -> dict[str, float]:
    from models.runtimes.options import RuntimeOptions
    from models.scoring.loaded import load_model
    from models.scoring.sessions import SessionPool
    from models.spec import read_spec

    folder = Path(__file__).parents[2] / "models" / "fraud-detector" / "2.0.0"
    spec, pool = read_spec(folder / "model.json"), SessionPool()
    took: list[list[int]] = [[] for _ in range(_THREADS)]
    end = time.monotonic() + seconds

    def work(found: list[int]) -> None:
        model = load_model(spec, folder / spec.file, RuntimeOptions(max_concurrency=limit), sessions=pool)
        row = np.zeros((1, len(spec.feature_columns or ())), np.float32)
        while time.monotonic() < end:
            began = time.perf_counter_ns()
            model.predict_matrix(row)
            found.append(time.perf_counter_ns() - began)
        model.close()

    threads = [threading.Thread(target=work, args=(found,)) for found in took]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    us = np.concatenate([np.array(found) for found in took]) / 1000
    p50, p99 = np.percentile(us, (50, 99))
    return {"calls_per_s": round(len(us) / seconds), "p50_us": round(float(p50)), "p99_us": round(float(p99))}


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Throughput of scoring: JSON Lines, twenty features without windows, a 20-64-32-1 network in ONNX, JSON Lines.

It runs the job as ``gress run`` builds it from ``data/scoring.yaml``: two task slots, each with a worker process, the
job's own sinks, checkpoints every 10 s. The input is four files in a folder. Figures:

- ``rows_per_s``: slope of elapsed time between two sizes; nothing else should run on the machine. The smaller size
  takes longer than the JVM's compiler is busy (8 s of CPU in the first 20 s of a job).
- ``cpu_us_per_row``: slope of the CPU of the whole process tree; ``rows_per_s_by_cpu`` is the rate that two cores
  without other work would reach with it.
- ``ratio_bare``: ``rows_per_s`` relative to ``bare``, one process on one core; ``ratio_bare_2``: to two of them.
  ``ratio_bare_2_by_cpu``: CPU a row of the bare loop relative to ours, which other work on the machine hardly changes.

``python -m benchmarks scoring [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import (
    Run,
    cpu,
    elapsed,
    java_cpu,
    load_average,
    print_figures,
    python_cpu,
    run_module,
    take_turns,
    us_per_row,
)
from benchmarks.rows import write_rows

CONFIG = Path(__file__).parents[1] / "data" / "scoring.yaml"
CORES = 2


def main(small: str = "2000000", large: str = "6000000", repeats: str = "3") -> None:
    """Print the figures."""
    sizes = (int(small), int(large))
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in sizes:
            write_rows(folder / str(size), size)
        programs = {
            "job": _job(folder),
            "bare": _bare(folder, 1),
            "bare x 2": _bare(folder, 2),
        }
        turns = take_turns(programs, sizes, int(repeats))
    rates = {name: 1e6 / us_per_row(runs, elapsed) for name, runs in turns.items()}
    costs = {name: us_per_row(runs, cpu) for name, runs in turns.items()}
    for name, rate in rates.items():
        print(f"{name}: {rate:,.0f} rows/s, {costs[name]:.2f} us of CPU a row")
    print(f"load average before {load}, after {load_average()}")
    print_figures(
        {
            "rows_per_s": round(rates["job"]),
            "ratio_bare": round(rates["job"] / rates["bare"], 3),
            "ratio_bare_2": round(rates["job"] / rates["bare x 2"], 3),
            "ratio_bare_2_by_cpu": round(costs["bare x 2"] / costs["job"], 3),
            "cpu_us_per_row": round(costs["job"], 2),
            "cpu_us_per_row_java": round(us_per_row(turns["job"], java_cpu), 2),
            "cpu_us_per_row_python": round(us_per_row(turns["job"], python_cpu), 2),
            "rows_per_s_by_cpu": round(CORES * 1e6 / costs["job"]),
            "bare_rows_per_s": round(rates["bare"]),
            "bare_2_rows_per_s": round(rates["bare x 2"]),
            "bare_cpu_us_per_row": round(costs["bare"], 2),
        }
    )


def _job(folder: Path) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        output = folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        arguments = (str(CONFIG), str(folder / str(rows)), str(output))
        return run_module("benchmarks.throughput.job_run", *arguments, rows=rows)

    return measure


def _bare(folder: Path, processes: int) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        arguments = (str(folder / str(rows)), str(folder / "bare"), str(processes))
        return run_module("benchmarks.throughput.bare", *arguments, rows=rows)

    return measure


if __name__ == "__main__":
    main(*sys.argv[1:])

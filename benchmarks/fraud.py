"""Throughput of the fraud job with its windows: generated transactions, two task slots, the job's own sinks.

``rows_per_s`` is the slope of elapsed time between two sizes, the smaller one the start of the larger; windows of a
month grow with the days they have seen, so more transactions cost a little more each. ``windows_share`` is the share
of the JVM in the CPU: reading, the window aggregates and writing; the rest is the workers': parsing, features, trees.

``python -m benchmarks.fraud [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import (
    Run,
    cpu,
    elapsed,
    java_cpu,
    load_average,
    print_figures,
    run_module,
    take_turns,
    us_per_row,
)
from jobs.catalogue import default_config
from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write

CORES = 2


def main(small: str = "100000", large: str = "400000", repeats: str = "3") -> None:
    """Print the figures."""
    sizes = (int(small), int(large))
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in sizes:
            write(folder / f"{size}.jsonl", TransactionGenerator(GeneratorSettings()).batches(size))

        def measure(rows: int) -> Run:
            output = folder / "output"
            shutil.rmtree(output, ignore_errors=True)
            arguments = (str(default_config("fraud-detection")), str(folder / f"{rows}.jsonl"), str(output))
            return run_module("benchmarks.job_run", *arguments, rows=rows)

        turns = take_turns({"fraud": measure}, sizes, int(repeats))["fraud"]
    cost, jvm = us_per_row(turns, cpu), us_per_row(turns, java_cpu)
    print(f"{1e6 / us_per_row(turns, elapsed):,.0f} rows/s, {cost:.1f} us of CPU a row, {jvm:.1f} of them in the JVM")
    print(f"load average before {load}, after {load_average()}")
    print_figures(
        {
            "rows_per_s": round(1e6 / us_per_row(turns, elapsed)),
            "cpu_us_per_row": round(cost, 2),
            "rows_per_s_by_cpu": round(CORES * 1e6 / cost),
            "windows_share": round(jvm / cost, 3),
        }
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

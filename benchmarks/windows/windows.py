"""Throughput of the fraud job with its windows by both engines, side by side: packed rows (``sliding``) and ``sql``.

The input is generated transactions, two task slots, the job's own sinks. Rates are slopes of elapsed time between two
sizes, the smaller one the start of the larger. The sliding engine gets more rows, as it is soon through with few.

- ``rows_per_s`` and ``cpu_us_per_row`` are of the sliding engine; ``ratio_sql`` is its rate relative to
  ``rows_per_s_sql``, ``ratio_sql_by_cpu`` the CPU of a row of the SQL engine relative to its own.
- ``windows_only_rows_per_s``: rows a second of CPU through the stages of both keys, in one process without Flink.
- ``jvm_share``: share of the JVM in the CPU of the sliding engine's job; its windows run there, too.
- ``flatness``: µs a row of the engine alone at 10,000 events in the window over that at 10.

``python -m benchmarks windows [SMALL LARGE SMALL_SQL LARGE_SQL REPEATS]``.
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
    run_module,
    take_turns,
    us_per_row,
)
from benchmarks.windows.sliding import flatness
from benchmarks.windows.window_stages import windows_only
from jobs.catalogue import default_config
from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write

CORES = 2


def main(
    small: str = "500000",
    large: str = "2000000",
    small_sql: str = "50000",
    large_sql: str = "200000",
    repeats: str = "3",
) -> None:
    """Print the figures."""
    sizes = {"sliding": (int(small), int(large)), "sql": (int(small_sql), int(large_sql))}
    load = load_average()
    costs_of_java: dict[str, float] = {}
    turns: dict[str, list[list[Run]]] = {name: [] for name in sizes}
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in {size for pair in sizes.values() for size in pair}:
            write(folder / f"{size}.jsonl", TransactionGenerator(GeneratorSettings()).batches(size))
        for _ in range(int(repeats)):
            for engine, pair in sizes.items():
                (found,) = take_turns({engine: _job(folder, engine)}, pair, 1).values()
                turns[engine] += found
        windows = windows_only(folder / f"{large}.jsonl")
    rates = {engine: 1e6 / us_per_row(runs, elapsed) for engine, runs in turns.items()}
    costs = {engine: us_per_row(runs, cpu) for engine, runs in turns.items()}
    for engine, rate in rates.items():
        jvm = costs_of_java[engine] = us_per_row(turns[engine], java_cpu)
        print(f"{engine}: {rate:,.0f} rows/s, {costs[engine]:.2f} us of CPU a row, {jvm:.2f} of them in the JVM")
    flat = flatness("sums", rows=100_000, repeats=5)
    print(f"load average before {load}, after {load_average()}")
    print_figures(
        {
            "rows_per_s": round(rates["sliding"]),
            "rows_per_s_sql": round(rates["sql"]),
            "ratio_sql": round(rates["sliding"] / rates["sql"], 2),
            "ratio_sql_by_cpu": round(costs["sql"] / costs["sliding"], 2),
            "cpu_us_per_row": round(costs["sliding"], 2),
            "cpu_us_per_row_sql": round(costs["sql"], 2),
            "rows_per_s_by_cpu": round(CORES * 1e6 / costs["sliding"]),
            "jvm_share": round(costs_of_java["sliding"] / costs["sliding"], 2),
            "windows_only_rows_per_s": round(windows),
            "flatness": round(flat, 2),
        }
    )


def _job(folder: Path, engine: str) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        output = folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        config, source = str(default_config("fraud-detection")), str(folder / f"{rows}.jsonl")
        setting = f"execution.windows={engine}"
        return run_module("benchmarks.throughput.job_run", config, source, str(output), setting, rows=rows)

    return measure


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Cost of a row by the rows of a batch: of the workers' function alone, or of the whole scoring job.

- ``function`` calls what a worker calls for a batch (parse, features, model, text of predictions), for batches of 1 to
  100,000 rows, in turns in one process. Its figure is CPU, which hardly moves when others use the machine. The
  exchange of a batch between JVM and worker comes on top. ``DRAWING`` becomes an SVG of it.
- ``job`` runs the job of ``scoring`` and its input, and reports slopes between two sizes.

``python -m benchmarks tuning [function [ROWS REPEATS DRAWING]]`` or ``python -m benchmarks tuning job [SMALL LARGE
REPEATS]``.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.drawing import draw
from benchmarks.measure import (
    Run,
    cpu,
    elapsed,
    load_average,
    print_figures,
    run_module,
    take_turns,
    us_per_row,
)
from benchmarks.rows import line, numbers, write_rows
from benchmarks.throughput.scoring import CONFIG

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from udfs.functions.write_lines import WriteLines

BATCHES = (1, 10, 100, 1_000, 10_000, 100_000)
JOB_BATCHES = (10, 100, 1_000, 10_000)
_FEWEST_CALLS, _MOST_CALLS = 2, 500


def main(what: str = "function", *arguments: str) -> None:
    """Print the figures of the function or of the job."""
    {"function": measure_function, "job": measure_job}[what](*arguments)


def measure_function(rows: str = "100000", repeats: str = "5", drawing: str = "") -> None:
    """Print CPU a row of the workers' function, and draw it."""
    load = load_average()
    costs = function_costs(int(rows), int(repeats))
    for batch, cost in costs.items():
        print(f"batches of {batch:,}: {cost:.2f} us of CPU a row, {cost * batch / 1000:.2f} ms a batch")
    print(f"load average before {load}, after {load_average()}")
    if drawing:
        title = "CPU a row, in microseconds, by rows of a batch"
        Path(drawing).write_text(draw(title, "rows of a batch", {"": costs}), encoding="utf-8")
    print_figures({"cpu_us_per_row": {batch: round(cost, 2) for batch, cost in costs.items()}})


def function_costs(rows: int, repeats: int, batches: Sequence[int] = BATCHES) -> dict[int, float]:
    """Return microseconds of CPU a row by the rows of a batch: medians of turns."""
    import numpy as np

    function = open_function()
    lines = np.array([line(row, values).encode() for row, values in enumerate(numbers(max(batches)))], dtype=object)
    found: dict[int, list[float]] = {batch: [] for batch in batches}
    try:
        for turn in range(repeats + 1):
            for batch in batches:
                cost = _call(function, lines, batch, rows)
                # The first turn loads libraries and warms caches.
                if turn:
                    found[batch].append(cost)
    finally:
        function.close()
    return {batch: statistics.median(costs) for batch, costs in found.items()}


def open_function() -> WriteLines:
    """Return the function of the scoring job, with its model loaded."""
    from conf.loading.loader import load_settings
    from udfs.functions.score_lines import ScoreLines
    from udfs.functions.write_lines import WriteLines
    from udfs.parsing.json_lines import JsonLines

    settings = load_settings(CONFIG, environ={})
    job = settings.job
    if job is None:
        msg = f"{CONFIG}: expected a job, got none"
        raise ValueError(msg)
    function = WriteLines(ScoreLines(job, settings.ml, JsonLines(job.events.fields)))
    function.open()
    return function


def _call(function: WriteLines, lines: NDArray[np.object_], batch: int, rows: int) -> float:
    """Score about so many rows in batches; return microseconds of CPU a row."""
    calls = min(max(rows // batch, _FEWEST_CALLS), _MOST_CALLS)
    starts = range(0, len(lines) - batch + 1, batch)
    began = time.process_time()
    for call in range(calls):
        start = starts[call % len(starts)]
        function.run({"__line": lines[start : start + batch]})
    return (time.process_time() - began) / (calls * batch) * 1e6


def measure_job(small: str = "2000000", large: str = "6000000", repeats: str = "3") -> None:
    """Print CPU a row and rows a second of the whole job."""
    sizes = (int(small), int(large))
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in sizes:
            write_rows(folder / str(size), size)
        programs: dict[str, Callable[[int], Run]] = {str(batch): partial(_run, folder, batch) for batch in JOB_BATCHES}
        turns = take_turns(programs, sizes, int(repeats))
    costs = {batch: us_per_row(turns[str(batch)], cpu) for batch in JOB_BATCHES}
    rates = {batch: 1e6 / us_per_row(turns[str(batch)], elapsed) for batch in JOB_BATCHES}
    for batch in JOB_BATCHES:
        print(f"batches of {batch:,}: {costs[batch]:.2f} us of CPU a row; {rates[batch]:,.0f} rows/s")
    print(f"load average before {load}, after {load_average()}")
    print_figures(
        {
            "cpu_us_per_row": {batch: round(cost, 2) for batch, cost in costs.items()},
            "rows_per_s": {batch: round(rate) for batch, rate in rates.items()},
        }
    )


def _run(folder: Path, batch: int, rows: int) -> Run:
    output = folder / "output"
    shutil.rmtree(output, ignore_errors=True)
    setting = f"job.inference.batch_size={batch}"
    return run_module(
        "benchmarks.throughput.job_run", str(CONFIG), str(folder / str(rows)), str(output), setting, rows=rows
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

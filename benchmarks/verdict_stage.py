"""Throughput of scoring with a verdict on its experiment beside that without: the job of ``routing``, twice.

Both runs take turns. ``ratio`` is the rate with the verdict relative to that without, ``ratio_by_cpu`` the same from
the CPU of the whole process tree, which other work on the machine hardly changes. Events are a millisecond apart, and
looks ten minutes, so that a million events have one or two looks.

``python -m benchmarks.verdict_stage [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Run, cpu, elapsed, print_figures, python_cpu, run_module, take_turns, us_per_row
from benchmarks.rows import write_rows

DATA = Path(__file__).parent / "data"
USERS = 1_000_000


def main(small: str = "2000000", large: str = "6000000", repeats: str = "3") -> None:
    """Print the figures."""
    sizes = (int(small), int(large))
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in sizes:
            write_rows(folder / str(size), size, users=USERS)
        programs = {config: _job(folder, DATA / f"{config}.yaml") for config in ("routing", "judged")}
        turns = take_turns(programs, sizes, int(repeats))
    rates = {name: 1e6 / us_per_row(runs, elapsed) for name, runs in turns.items()}
    costs = {name: us_per_row(runs, cpu) for name, runs in turns.items()}
    print_figures(
        {
            "rows_per_s": round(rates["routing"]),
            "rows_per_s_with_verdict": round(rates["judged"]),
            "ratio": round(rates["judged"] / rates["routing"], 3),
            "ratio_by_cpu": round(costs["routing"] / costs["judged"], 3),
            "cpu_us_per_row": round(costs["routing"], 2),
            "cpu_us_per_row_with_verdict": round(costs["judged"], 2),
            "cpu_us_per_row_python": round(us_per_row(turns["routing"], python_cpu), 2),
            "cpu_us_per_row_python_with_verdict": round(us_per_row(turns["judged"], python_cpu), 2),
        }
    )


def _job(folder: Path, config: Path) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        output = folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        arguments = (str(config), str(folder / str(rows)), str(output))
        return run_module("benchmarks.job_run", *arguments, rows=rows)

    return measure


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Rates and CPU of one job beside another that does something more, on the same rows, in turns."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Run, cpu, elapsed, print_figures, python_cpu, run_module, take_turns, us_per_row
from benchmarks.rows import write_rows

DATA = Path(__file__).parents[1] / "data"
USERS = 1_000_000


def compare_jobs(
    baseline: str,
    other: str,
    more: str,
    sizes: tuple[int, int],
    repeats: int,
    *,
    as_long: str | None = None,
    users: int = USERS,
) -> None:
    """Print the figures of both jobs, and ratios of the other's to the baseline's.

    Args:
        baseline: file of a job's settings in ``data``, or an absolute path.
        other: that of the job that does more.
        more: word for that, for the names of its figures.
        sizes: rows of the small and of the large run.
        repeats: turns of each job.
        as_long: file of the settings of a job like the baseline, whose rows are as long as the other's; ratios to it
            are printed, too.
        users: users of the events.
    """
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in sizes:
            write_rows(folder / str(size), size, users=users)
        programs = {config: _job(folder, DATA / config) for config in filter(None, (baseline, as_long, other))}
        turns = take_turns(programs, sizes, repeats)
    rates = {name: 1e6 / us_per_row(runs, elapsed) for name, runs in turns.items()}
    costs = {name: us_per_row(runs, cpu) for name, runs in turns.items()}
    figures = {
        "rows_per_s": round(rates[baseline]),
        f"rows_per_s_with_{more}": round(rates[other]),
        "ratio": round(rates[other] / rates[baseline], 3),
        "ratio_by_cpu": round(costs[baseline] / costs[other], 3),
        "cpu_us_per_row": round(costs[baseline], 2),
        f"cpu_us_per_row_with_{more}": round(costs[other], 2),
        "cpu_us_per_row_python": round(us_per_row(turns[baseline], python_cpu), 2),
        f"cpu_us_per_row_python_with_{more}": round(us_per_row(turns[other], python_cpu), 2),
    }
    if as_long is not None:
        figures["ratio_as_long"] = round(rates[other] / rates[as_long], 3)
        figures["ratio_as_long_by_cpu"] = round(costs[as_long] / costs[other], 3)
    print_figures(figures)


def _job(folder: Path, config: Path) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        output = folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        arguments = (str(config), str(folder / str(rows)), str(output))
        return run_module("benchmarks.throughput.job_run", *arguments, rows=rows)

    return measure

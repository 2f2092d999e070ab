"""Rates and CPU of a job that learns one model from its events' outcomes, beside the same job without.

Both score twenty features with the network of ``scoring``, and read many files in the order of their time.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.measure import Run, cpu, elapsed, java_cpu, run_module, take_turns, us_per_row
from benchmarks.rows import write_rows

DATA = Path(__file__).parents[1] / "data"
CORES = 2
# As two tasks read side by side, rows wait for those of the file before.
_ROWS_A_FILE = 50_000


def job_figures(sizes: tuple[int, int], repeats: int) -> dict[str, float]:
    """Return the figures of both jobs.

    Args:
        sizes: rows of the small and of the large run.
        repeats: turns of each job.
    """
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for size in sizes:
            write_rows(folder / str(size), size, files=max(1, size // _ROWS_A_FILE), label=outcome)
        programs = {config: _job(folder, config) for config in ("labelled", "learning")}
        turns = take_turns(programs, sizes, repeats)
    times = {name: us_per_row(runs, elapsed) for name, runs in turns.items()}
    costs = {name: us_per_row(runs, cpu) for name, runs in turns.items()}
    return {
        "job_samples_per_s": round(1e6 / times["learning"]),
        "job_samples_per_s_by_cpu": round(CORES * 1e6 / costs["learning"]),
        "job_rows_per_s_unlearnt": round(1e6 / times["labelled"]),
        "learning_cpu_us_per_row": round(costs["learning"] - costs["labelled"], 2),
        "job_cpu_us_per_row": round(costs["learning"], 2),
        "job_cpu_us_per_row_java": round(us_per_row(turns["learning"], java_cpu), 2),
    }


def outcome(values: Sequence[float]) -> int:
    """Return the outcome of an event: whether its first two numbers, each from 0 to 100, add up to over 100.

    >>> outcome([60.0, 50.0, 1.0])
    1
    """
    return int(values[0] + values[1] > 100)


def _job(folder: Path, config: str) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        for name in ("output", "models", "snapshots"):
            shutil.rmtree(folder / name, ignore_errors=True)
        settings: Sequence[str] = ()
        if config == "learning":
            registry = f"job.learning.registry={{type: local, base_path: {folder / 'models'}}}"
            settings = (registry, f"ml.online_learning.checkpoint_dir={folder / 'snapshots'}")
        arguments = (str(DATA / f"{config}.yaml"), str(folder / str(rows)), str(folder / "output"), *settings)
        return run_module("benchmarks.throughput.job_run", *arguments, rows=rows)

    return measure

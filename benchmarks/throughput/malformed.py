"""Cost of malformed input: the scoring job on good lines, and on lines of which every tenth is cut short.

Figures: ``ratio`` is the rate with malformed lines to the rate without, slopes between two sizes taken in turns;
``lost`` is rows that became neither a prediction nor a dead letter, in all runs together.

``python -m benchmarks malformed [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Run, cpu, elapsed, load_average, print_figures, run_module, take_turns, us_per_row
from benchmarks.rows import write_rows
from benchmarks.throughput.scoring import CONFIG
from jobs.run_folder.part_files import LineCounter

EVERY = 10
_CUT = 100


def main(small: str = "1000000", large: str = "3000000", repeats: str = "3") -> None:
    """Print the figures."""
    sizes = (int(small), int(large))
    load = load_average()
    lost: list[int] = []
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in sizes:
            write_rows(folder / "good" / str(size), size)
            cut_short(folder / "good" / str(size), folder / "malformed" / str(size))
        programs = {kind: _job(folder, kind, lost) for kind in ("good", "malformed")}
        turns = take_turns(programs, sizes, int(repeats))
    rates = {kind: 1e6 / us_per_row(runs, elapsed) for kind, runs in turns.items()}
    costs = {kind: us_per_row(runs, cpu) for kind, runs in turns.items()}
    print(f"load average before {load}, after {load_average()}")
    print_figures(
        {
            "ratio": round(rates["malformed"] / rates["good"], 3),
            "ratio_by_cpu": round(costs["good"] / costs["malformed"], 3),
            "lost": sum(lost),
            **{f"rows_per_s_{kind}": round(rate) for kind, rate in rates.items()},
            **{f"cpu_us_per_row_{kind}": round(cost, 2) for kind, cost in costs.items()},
        }
    )


def cut_short(source: Path, target: Path) -> None:
    """Copy files of lines, but only the first bytes of every tenth line."""
    target.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        with path.open(encoding="ascii") as lines, (target / path.name).open("w", encoding="ascii") as file:
            file.writelines(
                line if number % EVERY else f"{line[:_CUT]}\n" for number, line in enumerate(lines, start=1)
            )


def _job(folder: Path, kind: str, lost: list[int]) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        output = folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        run = run_module(
            "benchmarks.throughput.job_run", str(CONFIG), str(folder / kind / str(rows)), str(output), rows=rows
        )
        lost.append(rows - sum(LineCounter(output / name).poll() for name in ("predictions", "dead_letters")))
        return run

    return measure


if __name__ == "__main__":
    main(*sys.argv[1:])

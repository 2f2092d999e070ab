"""Cost of a row by the events that its window holds, by both engines: ``sliding`` and ``sql``.

The job of ``scoring`` gets a window, the average of a number over the last events of one of eight users.
Figures are CPU a row of the whole job, slopes between two sizes; at the smaller one the window is full. ``DRAWING``
becomes an SVG of them. ``flatness`` is the cost at the most events over that at the fewest.

``python -m benchmarks flatness [DRAWING [EVENTS]]``, EVENTS as in ``10,100,1000,10000``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.drawing import draw
from benchmarks.measure import cpu, load_average, print_figures, run_module, us_per_row
from benchmarks.rows import write_rows
from benchmarks.throughput.scoring import CONFIG

USERS, GAP_MS = 8, 125
SIZES = {"sliding": (500_000, 3_000_000), "sql": (100_000, 300_000)}
_PLAIN = "{name: x19, type: numerical, source: f19}"
_WINDOWED = "{{name: x19, type: aggregation, source: f19, parameters: {{function: avg, key: user, window: {window}s}}}}"


def main(drawing: str = "", events: str = "10,100,1000,10000") -> None:
    """Print the figures, and draw them."""
    load = load_average()
    costs: dict[str, dict[int, float]] = {engine: {} for engine in SIZES}
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in {size for pair in SIZES.values() for size in pair}:
            write_rows(folder / str(size), size, users=USERS, gap_ms=GAP_MS)
        for count in map(int, events.split(",")):
            config = write_config(folder / "job.yaml", count)
            for engine in SIZES:
                costs[engine][count] = round(_cost(folder, config, engine), 2)
                print(f"{engine}: {count:,} events in the window, {costs[engine][count]} us of CPU a row", flush=True)
    if drawing:
        title = "CPU a row of the whole job, in microseconds, by events in the window"
        Path(drawing).write_text(draw(title, "events in the window", costs), encoding="utf-8")
    print(f"load average before {load}, after {load_average()}")
    flat = {engine: round(found[max(found)] / found[min(found)], 2) for engine, found in costs.items()}
    print_figures({"cpu_us_per_row": costs, "flatness": flat})


def write_config(path: Path, events: int) -> Path:
    """Write the settings of a job whose window holds so many events: a user has one a second."""
    plain = CONFIG.read_text("utf-8")
    if plain.count(_PLAIN) != 1:
        msg = f"{CONFIG}: expected one feature {_PLAIN}"
        raise ValueError(msg)
    path.write_text(plain.replace(_PLAIN, _WINDOWED.format(window=events)), "utf-8")
    return path


def _cost(folder: Path, config: Path, engine: str) -> float:
    runs = []
    for size in SIZES[engine]:
        output = folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        arguments = (str(config), str(folder / str(size)), str(output), f"execution.windows={engine}")
        runs.append(run_module("benchmarks.throughput.job_run", *arguments, rows=size))
    return us_per_row([runs], cpu)


if __name__ == "__main__":
    main(*sys.argv[1:])

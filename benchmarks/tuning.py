"""Cost of the batch size: CPU a row and rows a second of the scoring job, for batches of 10 to 10,000 rows.

The job, its input and the slope between two sizes are those of ``benchmarks.scoring``. CPU hardly moves when others use
the machine, rows a second do. ``DRAWING`` becomes an SVG of both.

``python -m benchmarks.tuning [SMALL LARGE REPEATS DRAWING]``.
"""

from __future__ import annotations

import math
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
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
from benchmarks.rows import write_rows
from benchmarks.scoring import CONFIG

BATCHES = (10, 100, 1_000, 10_000)
_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 300, 70, 40
_RIGHT, _BOTTOM = _WIDTH - 20, _HEIGHT - 50


def main(small: str = "150000", large: str = "600000", repeats: str = "1", drawing: str = "") -> None:
    """Print the figures, and draw them."""
    sizes = (int(small), int(large))
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in sizes:
            write_rows(folder / str(size), size)
        programs: dict[str, Callable[[int], Run]] = {str(batch): partial(_run, folder, batch) for batch in BATCHES}
        turns = take_turns(programs, sizes, int(repeats))
    costs = {batch: us_per_row(turns[str(batch)], cpu) for batch in BATCHES}
    for batch in BATCHES:
        runs = turns[str(batch)]
        rate, java = 1e6 / us_per_row(runs, elapsed), us_per_row(runs, java_cpu)
        print(f"batches of {batch:,}: {costs[batch]:.2f} us of CPU a row, {java:.2f} of them Java; {rate:,.0f} rows/s")
    print(f"load average before {load}, after {load_average()}")
    if drawing:
        Path(drawing).write_text(draw(costs), encoding="utf-8")
    print_figures(
        {
            "cpu_us_per_row": {batch: round(cost, 2) for batch, cost in costs.items()},
            "rows_per_s": {batch: round(1e6 / us_per_row(turns[str(batch)], elapsed)) for batch in BATCHES},
        }
    )


def draw(costs: Mapping[int, float]) -> str:
    """Return an SVG of the CPU a row by the rows of a batch, both on logarithmic scales."""
    low, high = math.floor(math.log10(min(costs.values()))), math.ceil(math.log10(max(costs.values())))
    points = [(_x(batch, costs), _y(cost, low, high), batch, cost) for batch, cost in costs.items()]
    levels = [10.0**power for power in range(low, high + 1)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="13" fill="#333">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="#fafafa"/>',
        '<text x="16" y="24" font-weight="bold">CPU a row, in microseconds, by rows of a batch</text>',
        *(_level(level, low, high) for level in levels),
        f'<polyline fill="none" stroke="#3f51b5" stroke-width="2" points="{_path(points)}"/>',
        *(_point(*point) for point in points),
        f'<text x="{(_LEFT + _RIGHT) // 2}" y="{_HEIGHT - 10}" text-anchor="middle">rows of a batch</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _run(folder: Path, batch: int, rows: int) -> Run:
    output = folder / "output"
    shutil.rmtree(output, ignore_errors=True)
    setting = f"job.inference.batch_size={batch}"
    return run_module("benchmarks.job_run", str(CONFIG), str(folder / str(rows)), str(output), setting, rows=rows)


def _x(batch: int, costs: Mapping[int, float]) -> float:
    first, last = math.log10(min(costs)), math.log10(max(costs))
    return _LEFT + 30 + (_RIGHT - _LEFT - 60) * (math.log10(batch) - first) / (last - first)


def _y(cost: float, low: int, high: int) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * (math.log10(cost) - low) / (high - low)


def _level(level: float, low: int, high: int) -> str:
    y = _y(level, low, high)
    return (
        f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="#ccc"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{level:,g}</text>'
    )


def _point(x: float, y: float, batch: int, cost: float) -> str:
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#3f51b5"/>'
        f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{cost:.3g}</text>'
        f'<text x="{x:.1f}" y="{_BOTTOM + 18}" text-anchor="middle">{batch:,}</text>'
    )


def _path(points: Sequence[tuple[float, float, int, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)


if __name__ == "__main__":
    main(*sys.argv[1:])

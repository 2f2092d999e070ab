"""The table of all programs, and the figures of the last line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.measure import Run, cpu, elapsed, us_per_row

OURS = "gress"
_HEAD = ("program", "rows", "rows/s", "CPU us/row", "ours / it")
Turns = Mapping[str, Sequence[Sequence[Run]]]


def table(turns: Turns) -> list[str]:
    """Return the lines of a table with a row for each program, the fastest first."""
    rates = _rates(turns)
    rows = [_HEAD]
    for name in sorted(turns, key=lambda each: -rates[each]):
        sizes = sorted(run.rows for run in turns[name][0])
        ratio = f"{rates[OURS] / rates[name]:.2f}"
        cost = f"{us_per_row(turns[name], cpu):.2f}"
        rows.append((name, " to ".join(f"{size:,}" for size in sizes), f"{rates[name]:,.0f}", cost, ratio))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths) for row in rows]


def figures(turns: Turns, left_out: Mapping[str, str]) -> dict[str, Any]:
    """Return the rate of each program, and ours relative to Bytewax; None where there is none."""
    rates = _rates(turns)

    def ratio(name: str) -> float | None:
        return round(rates[OURS] / rates[name], 3) if name in rates else None

    return {
        "rows_per_s": round(rates[OURS]),
        "ratio_bytewax_2": ratio("bytewax orjson x 2"),
        "ratio_bytewax_2_arrow": ratio("bytewax arrow x 2"),
        **{f"rows_per_s_{name.replace(' ', '_')}": round(rate) for name, rate in rates.items() if name != OURS},
        "left_out": dict(left_out),
    }


def version_lines(turns: Turns) -> list[str]:
    """Return a line of versions for each program."""
    found = {name: runs[0][0].result["versions"] for name, runs in turns.items()}
    return [f"{name}: {', '.join(f'{k} {v}' for k, v in each.items())}" for name, each in found.items()]


def _rates(turns: Turns) -> dict[str, float]:
    return {name: 1e6 / us_per_row(runs, elapsed) for name, runs in turns.items()}


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if place < 1 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()

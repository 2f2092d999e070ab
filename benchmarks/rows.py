"""Events of twenty numbers as JSON Lines, from a fixed seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

NUMBERS = tuple(f"f{index:02d}" for index in range(20))
_START_MS = 1_700_000_000_000
_CHUNK = 50_000
_USERS = 1_000


def write_rows(path: Path, rows: int) -> None:
    """Write ``rows`` events, 380 bytes each: id, time, user, and numbers between 0 and 100 with four digits."""
    numbers = ",".join(f'"{name}":%.4f' for name in NUMBERS)
    template = '{"id":%d,"time":%d,"user":"user-%03d",' + numbers + "}\n"
    with path.open("w", encoding="ascii") as file:
        for start in range(0, rows, _CHUNK):
            file.writelines(template % row for row in _chunk(start, min(_CHUNK, rows - start)))


def _chunk(start: int, size: int) -> list[tuple[float, ...]]:
    random = np.random.Generator(np.random.PCG64([7, start]))
    values = random.uniform(0, 100, (size, len(NUMBERS)))
    return [
        (start + row, _START_MS + start + row, (start + row) % _USERS, *numbers) for row, numbers in enumerate(values.tolist())
    ]

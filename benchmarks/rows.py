"""Events of twenty numbers as JSON Lines, from a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

NUMBERS = tuple(f"f{index:02d}" for index in range(20))
_START_MS = 1_700_000_000_000
_CHUNK = 50_000
_TEMPLATE = '{"id":%d,"time":%d,"user":"user-%03d",' + ",".join(f'"{name}":%.4f' for name in NUMBERS) + "}"
_USERS = 1_000


def write_rows(
    folder: Path,
    rows: int,
    *,
    files: int = 4,
    users: int = _USERS,
    gap_ms: int = 1,
    label: Callable[[Sequence[float]], int] | None = None,
) -> None:
    """Write ``rows`` events to files of equal size in a new folder; ``line`` makes the line of an event.

    Args:
        folder: the folder.
        rows: number of events.
        files: number of files.
        users: number of users, who take turns.
        gap_ms: milliseconds between two events.
        label: function from an event's numbers to its outcome; None: events have none.
    """
    folder.mkdir(parents=True)
    part = -(-rows // files)
    for index in range(files):
        with (folder / f"part-{index}.jsonl").open("w", encoding="ascii") as file:
            for start in range(index * part, min(rows, (index + 1) * part), _CHUNK):
                stop = min(rows, (index + 1) * part, start + _CHUNK)
                for row, values in enumerate(_values(start, stop), start):
                    text = line(row, values, users=users, gap_ms=gap_ms)
                    file.write(f"{text if label is None else labelled(text, label(values))}\n")


def line(row: int, values: Sequence[float], *, number: int | None = None, users: int = _USERS, gap_ms: int = 1) -> str:
    """Return one event, 330 bytes: id, time, user, and numbers from 0 to 100 with four digits.

    Args:
        row: number of the event.
        values: its numbers.
        number: its id; None: the number of the event.
        users: number of users, who take turns.
        gap_ms: milliseconds between two events.
    """
    return _TEMPLATE % (row if number is None else number, _START_MS + row * gap_ms, row % users, *values)


def labelled(text: str, label: int) -> str:
    """Return the line of an event with its outcome.

    >>> labelled('{"id":1}', 0)
    '{"id":1,"label":0}'
    """
    return f'{text[:-1]},"label":{label}}}'


def numbers(rows: int) -> list[list[float]]:
    """Return the twenty numbers of the first events."""
    return _values(0, rows)


def _values(start: int, stop: int) -> list[list[float]]:
    random = np.random.Generator(np.random.PCG64([7, start]))
    found: list[list[float]] = random.uniform(0, 100, (stop - start, len(NUMBERS))).tolist()
    return found

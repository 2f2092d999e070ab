"""First events of a file, read before the types of their fields are known."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gress.new_job.guess_fields import is_time
from jobs.errors import fail, refuse
from jobs.sources.contents import UNPACKING, open_text
from jobs.sources.files import InputFiles, find_inputs

Event = dict[str, Any]
"""Values of an event by their names in it; None is an absent one."""

MOST_EVENTS = 5_000
_BOOLEANS = {"true": True, "false": False}
# Python reads 1_000, ' 5' and digits of other scripts as numbers, which a run does not.
_PLAIN = re.compile(r"[!-^`-~]+")
_SEPARATORS = ";\t|"
_SHOWN = 5


def read_sample(text: str) -> list[Event]:
    """Return the first events of a file, a folder or a pattern, at most ``MOST_EVENTS``.

    Cells of CSV become whole numbers, numbers or booleans where all of their column are, and empty ones None.

    Raises:
        JobError: there is no such file, it cannot be read, or its first lines are no events.
    """
    files = find_inputs(text)
    subject = f"sample {files.paths[0]}"
    try:
        events = _read(subject, files)
    except UnicodeDecodeError as error:
        refuse(subject, "text in UTF-8", f"byte 0x{error.object[error.start]:02x}", "save it as UTF-8")
    except (OSError, csv.Error, *UNPACKING) as error:
        refuse(subject, "a file to read", str(error) or type(error).__name__, "write it again")
    if not events:
        refuse(subject, "at least one event", "none", "a job learns its fields from events")
    return events


def _read(subject: str, files: InputFiles) -> list[Event]:
    if files.format == "parquet":
        return _parquet_rows(files.paths[0])
    with open_text(files.paths[0]) as file:
        lines = (line.decode("utf-8-sig") for line in file)
        if files.format == "csv":
            reader = csv.DictReader(lines)
            _check_header(subject, reader.fieldnames or ())
            return _typed(subject, [row for row, _ in zip(reader, range(MOST_EVENTS), strict=False)])
        return [event for event, _ in zip(_json_rows(subject, lines), range(MOST_EVENTS), strict=False)]


def _json_rows(subject: str, lines: Iterator[str]) -> Iterator[Event]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            refuse(subject, f"line {number}: one JSON object", repr(line.strip()[:40]), "write one event a line")
        yield event


def _parquet_rows(path: Path) -> list[Event]:
    import pyarrow.parquet as pq

    from udfs.pieces.json_rows import first_lines

    return [json.loads(line) for line in first_lines(str(path), MOST_EVENTS, pq.read_schema(path).names, {})]


def _check_header(subject: str, names: Sequence[str]) -> None:
    """Refuse a first line that is no header of columns, or not one that a run takes."""
    for separator in _SEPARATORS if len(names) == 1 else "":
        if separator in names[0]:
            refuse(subject, "',' between its cells", repr(separator), "write it with commas")
    times = [name for name in names if is_time(name)]
    if times:
        refuse(subject, "a header line with the names of the columns", f"the time {times[0]!r}", "add one")
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        refuse(subject, "each column once", f"{', '.join(repeated[:_SHOWN])} more than once", "rename them")


def _typed(subject: str, rows: Sequence[dict[Any, Any]]) -> list[Event]:
    """Return rows of CSV with their texts as values."""
    for number, row in enumerate(rows, 2):
        if None in row:
            fail(subject, f"line {number} has more cells than the header", "is its separator a comma?")
    names = list(rows[0]) if rows else []
    columns = {name: _typed_cells([row[name] for row in rows]) for name in names}
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _typed_cells(cells: Sequence[str | None]) -> list[Any]:
    """Return a column's cells as the first type that suits them all."""
    for load in (_number(int), _number(float), lambda cell: _BOOLEANS[cell.lower()]):
        try:
            return [load(cell) if cell else None for cell in cells]
        except (ValueError, KeyError):
            continue
    return [cell or None for cell in cells]


def _number(load: Callable[[str], float]) -> Callable[[str], float]:
    """Return a function that reads a cell as a number as a run would."""

    def read(cell: str) -> float:
        if _PLAIN.fullmatch(cell) is None:
            raise ValueError(cell)
        return load(cell)

    return read

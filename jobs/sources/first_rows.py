"""First rows of input files, read before a job starts, to refuse settings that would make dead letters of them all."""

from __future__ import annotations

from conf.settings import EventSettings
from jobs.errors import fail
from jobs.sources.contents import UNPACKING, open_text
from jobs.sources.files import InputFiles, units_in_file
from udfs.parsing.batch import RawColumn
from udfs.parsing.units import UnclearTimeError
from udfs.pieces.json_rows import first_lines

_ROWS = 100
_LINE_BYTES = 1 << 20


def check_times(files: InputFiles, events: EventSettings, setting: str = "job.events") -> None:
    """Refuse a field of times without a unit whose numbers in the first rows only make sense in another unit.

    Among times that are clear, such a number is one bad row, and becomes a dead letter.

    Args:
        files: the input.
        events: their fields.
        setting: path of these settings, for the error.

    Raises:
        JobError: the text shows a number, and the unit to set.
    """
    sources = {name: field.source or name for name, field in events.fields.items() if field.kind == "timestamp"}
    lines = _first_lines(files, events, [source.partition(".")[0] for source in sources.values()]) if sources else []
    if not lines:
        return
    columns = files.line_format(events).read(lines).columns
    for name in sources:
        error = _unclear_time(columns[name])
        if error is not None:
            fail(f"input {files.paths[0]}", f"{setting}.fields.{name}: {error}")


def _first_lines(files: InputFiles, events: EventSettings, columns: list[str]) -> list[bytes]:
    path = files.paths[0]
    if files.format == "parquet":
        return _first_rows(str(path), events, columns)
    try:
        with open_text(path) as file:
            if files.format == "csv":
                file.readline()
            lines = [file.readline(_LINE_BYTES) for _ in range(_ROWS)]
    except (OSError, *UNPACKING):
        # The count of events refuses a damaged file.
        return []
    return [line.rstrip(b"\r\n") for line in lines if line]


def _first_rows(path: str, events: EventSettings, columns: list[str]) -> list[bytes]:
    import pyarrow as pa

    try:
        return first_lines(path, _ROWS, columns, units_in_file(events))
    except (pa.ArrowInvalid, OSError) as error:
        reason = " ".join(str(error).split())
        fail(f"input {path}", f"expected a Parquet file, got {reason}", "write it again")


def _unclear_time(column: RawColumn) -> UnclearTimeError | None:
    """Return the first unclear number of a column; None: it has none, or clear times as well."""
    has_times = column.nulls is None or not column.nulls.all()
    unclear = [value for _, value in sorted(column.wrong.items()) if isinstance(value, UnclearTimeError)]
    return None if has_times or not unclear else unclear[0]

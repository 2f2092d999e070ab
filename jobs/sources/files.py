"""Input files of a bounded run: their paths, their format, and the number of their events."""

from __future__ import annotations

import csv
import glob
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from conf.settings import EventSettings
from jobs.errors import fail, refuse
from jobs.sources.contents import UNPACKING, check_is_text, open_text
from udfs.parsing.encoding import is_utf8
from udfs.parsing.lines import CsvLines, JsonLines, LineFormat

Format = Literal["json", "csv", "parquet"]

SUFFIXES: dict[str, Format] = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
}
_CHUNK_BYTES = 1 << 20
# So long is no header, and a file of one line must not fill the memory.
_HEADER_BYTES = 1 << 20
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class InputFiles:
    """Files of one format, in the order of reading.

    Attributes:
        format: format of all files.
        paths: absolute paths, sorted by name.
        header: first line of CSV files, which is no event.
    """

    format: Format
    paths: tuple[Path, ...]
    header: str = ""

    def line_format(self, events: EventSettings) -> LineFormat:
        """Return the format of the files' lines.

        Raises:
            JobError: the header of CSV files lacks a required column, or names one twice.
        """
        if self.format != "csv":
            return JsonLines(events.fields)
        try:
            return CsvLines(events.fields, tuple(next(csv.reader([self.header.lstrip("\ufeff")]))))
        except ValueError as error:
            fail(f"input {self.paths[0]}", str(error))

    def count_events(self, *, in_turn: bool = True) -> int:
        """Count the events in the files, without the job.

        Args:
            in_turn: one task reads the files in turn, see ``lines.is_read_in_turn``.

        Raises:
            JobError: a compressed file is cut short or damaged.
        """
        if self.format == "parquet":
            import pyarrow.parquet as pq

            return sum(pq.read_metadata(path).num_rows for path in self.paths)
        headers = len(self.paths) if self.format == "csv" else 0
        count = _count_lines_and_returns if in_turn else _count_lines
        return sum(_unpacked(count, path) for path in self.paths) - headers


def find_inputs(text: str) -> InputFiles:
    """Find the files of a file name, a folder or a pattern.

    Raises:
        JobError: there is no such file, a format is unknown, formats are mixed, or a CSV file has no header.
    """
    subject = f"input {text}"
    path = Path(text)
    found = sorted(path.iterdir()) if path.is_dir() else sorted(Path(name) for name in glob.glob(text))
    paths = tuple(item.absolute() for item in found if item.is_file() and not item.name.startswith((".", "_")))
    if not paths:
        refuse(subject, "a file, a folder of files or a pattern", "nothing there", "check the path")
    formats = {_format(item) for item in paths}
    if None in formats:
        odd = next(item.name for item in paths if _format(item) is None)
        known = ", ".join(SUFFIXES)
        refuse(subject, f"a name ending in {known} (or .gz after it)", repr(odd), "rename it")
    if len(formats) > 1:
        refuse(subject, "files of one format", ", ".join(sorted(map(str, formats))))
    kind = formats.pop()
    if kind == "parquet":
        _check_parquet(subject, paths)
    else:
        for each in paths:
            check_is_text(subject, each)
    return InputFiles(kind or "json", paths, _header(subject, paths) if kind == "csv" else "")


def units_in_file(events: EventSettings) -> dict[str, str | None]:
    """Return the unit of each field of times that has one, by its name in a file."""
    return {field.source or name: field.unit for name, field in events.fields.items() if field.unit is not None}


def _format(path: Path) -> Format | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz" and SUFFIXES.get(suffixes[-2] if len(suffixes) > 1 else "") != "parquet":
        suffixes.pop()
    return SUFFIXES.get(suffixes[-1]) if suffixes else None


def _header(subject: str, paths: tuple[Path, ...]) -> str:
    headers = {}
    for path in paths:
        line = _unpacked(_first_line, path).rstrip(b"\r\n")
        if len(line) > _HEADER_BYTES:
            refuse(subject, f"{path.name}: a header of at most 1 MiB", "a longer first line", "is it lines of CSV?")
        if not is_utf8(line):
            refuse(subject, f"{path.name}: a header in UTF-8", "bytes that are none", "save the file as UTF-8")
        headers[line.decode()] = path
    if "" in headers:
        problem = "expected a header line with the names of the columns, got an empty first line"
        fail(subject, f"{headers[''].name}: {problem}", "add one")
    if len(headers) > 1:
        names = " and ".join(path.name for path in list(headers.values())[:2])
        refuse(subject, "one header for all files", f"different ones in {names}")
    return next(iter(headers))


def _check_parquet(subject: str, paths: tuple[Path, ...]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in paths:
        try:
            pq.read_metadata(path)
        except (pa.ArrowInvalid, OSError) as error:
            reason = " ".join(str(error).split())
            fail(subject, f"{path.name}: expected a Parquet file, got {reason}", "write it again")


def _first_line(path: Path) -> bytes:
    with open_text(path) as file:
        return file.readline(_HEADER_BYTES + 2)


def _unpacked(read: Callable[[Path], _Found], path: Path) -> _Found:
    try:
        return read(path)
    except UNPACKING as error:
        refuse(f"input {path}", "a whole gzip file", str(error), "compress it again")


def _count_lines(path: Path) -> int:
    lines, last = 0, b"\n"
    with open_text(path) as file:
        while chunk := file.read(_CHUNK_BYTES):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return lines + (last != b"\n")


def _count_lines_and_returns(path: Path) -> int:
    lines, last = 0, b"\n"
    with open_text(path) as file:
        while chunk := file.read(_CHUNK_BYTES):
            lines += chunk.count(b"\n") + chunk.count(b"\r") - chunk.count(b"\r\n")
            # A CR LF that is split between two chunks was counted twice.
            lines -= last == b"\r" and chunk[:1] == b"\n"
            last = chunk[-1:]
    return lines + (last not in (b"\n", b"\r"))

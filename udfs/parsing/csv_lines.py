"""Lines of CSV."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from conf.settings import FieldSettings
from udfs.dead_letters import Problem
from udfs.parsing.batch import RawBatch
from udfs.parsing.columns import convert_csv
from udfs.parsing.encoding import BOM, decode_each, is_utf8
from udfs.parsing.text_block import TextBlock, joined

if TYPE_CHECKING:
    import pyarrow as pa

    from udfs.parsing.columns import Cells

# Below this many lines, splitting them one by one is faster than setting up Arrow's reader.
_BLOCK_MIN = 48
# The csv module refuses longer cells by default.
_QUOTED_LIMIT = 131_072
_COMMA, _QUOTE, _LINE_END = b',"\n'
_SHOWN = 5
_OTHER_SEPARATORS = (";", "\t", "|")


@dataclass(frozen=True)
class CsvLines:
    """The format with one comma-separated record a line, quoted as in RFC 4180 but without line breaks in quotes.

    An empty cell is an absent value, and so is a field that the header lacks. Blanks around a cell belong to the cell,
    so ``" 5"`` is no number. A line with quotes has less than 131,072 characters.

    Raises:
        ValueError: the header names a column twice or lacks a required field.
    """

    fields: Mapping[str, FieldSettings]
    header: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a header that cannot yield the fields."""
        repeated = sorted(name for name, times in Counter(self.header).items() if times > 1)
        if repeated:
            found = ", ".join(repeated[:_SHOWN]) + (" and others" if len(repeated) > _SHOWN else "")
            msg = f"CSV header: expected each column once, got {found} more than once; rename them"
            raise ValueError(msg)
        required = {source for name, source in self._sources.items() if self.fields[name].required}
        lacking = sorted(required.difference(self.header))
        if lacking:
            msg = f"CSV header: expected a column for each required field, got none for {', '.join(lacking)}; "
            raise ValueError(msg + self._remedy(lacking))

    def _remedy(self, lacking: Sequence[str]) -> str:
        """Return what to do about absent columns: a header of one cell may hold them all, separated otherwise."""
        if len(self.header) == 1:
            for separator in _OTHER_SEPARATORS:
                cells = {cell.strip('"') for cell in self.header[0].split(separator)}
                if cells.issuperset(lacking):
                    return f"write the file with ',' between its cells, not {separator!r}"
        return "add the column, or set the field's source or required: false"

    def read(self, lines: Sequence[bytes | None]) -> RawBatch:
        """Return a column per field, one value per well-formed line, and the problems of the other lines."""
        cells, problems = self._split(lines if isinstance(lines, TextBlock) else [line or b"" for line in lines])
        columns = {name: convert_csv(cells[name], field.kind) for name, field in self.fields.items()}
        return RawBatch(columns, problems)

    def _split(self, lines: Sequence[bytes]) -> tuple[Mapping[str, Cells], Mapping[int, Problem]]:
        cells = self._block(lines)
        if cells is not None:
            return cells, {}
        stripped = [line.rstrip(b"\r\n") for line in lines]
        cells = self._block(stripped) if stripped != list(lines) else None
        if cells is not None:
            return cells, {}
        texts, problems = decode_each(stripped)
        for row in self._suspects(texts):
            problem = problems.get(row) or self._problem(texts[row])
            if problem is not None:
                problems[row] = problem
        kept = [row for row in range(len(texts)) if row not in problems]
        cells = self._block([stripped[row] for row in kept])
        return cells or self._one_by_one([texts[row] for row in kept]), problems

    @cached_property
    def _sources(self) -> dict[str, str]:
        """The header's column by field name."""
        return {name: field.source or name for name, field in self.fields.items()}

    def _block(self, lines: Sequence[bytes]) -> dict[str, Cells] | None:
        """Return the cells as Arrow arrays; None if a line may be malformed or oddly quoted."""
        import pyarrow as pa

        if len(lines) < _BLOCK_MIN:
            return None
        try:
            data = joined(lines)
            table = self._table(data) if _is_plain(data, lines) and is_utf8(data) else None
        except pa.ArrowInvalid:
            return None
        if table is None or len(table) != len(lines):
            return None
        absent = pa.nulls(len(lines), pa.string())
        return {
            name: table.column(source).combine_chunks() if source in self.header else absent
            for name, source in self._sources.items()
        }

    def _table(self, data: bytes) -> pa.Table:
        import pyarrow as pa
        import pyarrow.csv as pa_csv

        found = [source for source in self._sources.values() if source in self.header]
        columns = dict.fromkeys(found, pa.string())
        return pa_csv.read_csv(
            pa.BufferReader(data),
            read_options=pa_csv.ReadOptions(
                use_threads=False, column_names=list(self.header), block_size=len(data) + 1
            ),
            parse_options=pa_csv.ParseOptions(
                quote_char='"' if b'"' in data else False, ignore_empty_lines=False
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=columns,
                include_columns=list(columns),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )

    def _one_by_one(self, lines: Sequence[str]) -> dict[str, Cells]:
        """Return the cells of well-formed lines."""
        import pyarrow as pa

        cells = zip(*map(_split_line, lines), strict=True) if lines else [()] * len(self.header)
        columns = dict(zip(self.header, cells, strict=True))
        absent = ("",) * len(lines)
        listed = {
            name: [cell or None for cell in columns.get(source, absent)]
            for name, source in self._sources.items()
        }
        if len(lines) < _BLOCK_MIN:
            return listed
        return {name: pa.array(column, pa.string()) for name, column in listed.items()}

    def _suspects(self, lines: Sequence[str]) -> Iterable[int]:
        """Return the rows that may be malformed."""
        text = "\n".join(lines)
        if '"' in text or text.count("\n") != len(lines) - 1 or _fault(text.replace("\n", "")):
            return range(len(lines))
        commas = len(self.header) - 1
        return [row for row, line in enumerate(lines) if not line or line.count(",") != commas]

    def _problem(self, line: str) -> Problem | None:
        found = _fault(line)
        if found is None:
            try:
                cells = len(_split_line(line))
            except csv.Error as error:
                found = str(error)
            else:
                if cells == len(self.header):
                    return None
                found = str(cells)
        return Problem("malformed", f"expected {len(self.header)} cells, got {found}")


def _fault(line: str) -> str | None:
    """Return the fault that makes a line unreadable in any format; None: it has none."""
    if not line:
        return "an empty line"
    if "\n" in line or "\r" in line:
        return "a line break inside the line"
    if "\0" in line:
        return "a NUL character"
    if '"' in line and len(line) >= _QUOTED_LIMIT:
        return f"{len(line)} characters, more than a line with quotes may have"
    return None


def _split_line(line: str) -> list[str]:
    return next(csv.reader([line], strict=True)) if '"' in line else line.split(",")


def _is_plain(data: bytes, lines: Sequence[bytes]) -> bool:
    """Return whether the csv module and Arrow see the same cells in joined lines."""
    if any(special in data for special in (b"\r", b"\0", b"\n\n")):
        return False
    if data.count(b"\n") != len(lines) - 1:
        return False
    if data[:1] == b"\n" or data[-1:] == b"\n" or data[:3] == BOM:
        return False
    return b'"' not in data or (max(map(len, lines)) < _QUOTED_LIMIT and _is_well_quoted(data))


def _is_well_quoted(data: bytes) -> bool:
    # Every other quote opens a cell or follows the quote that escapes it; the others close a cell or escape.
    around = np.frombuffer(b"\n" + data + b"\n", dtype=np.uint8)
    quotes = np.flatnonzero(around == _QUOTE)
    if len(quotes) % 2:
        return False
    neighbours = np.concatenate([around[quotes[::2] - 1], around[quotes[1::2] + 1]])
    return bool(np.isin(neighbours, (_COMMA, _QUOTE, _LINE_END)).all())

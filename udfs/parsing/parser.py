"""Lines to typed columns, with every field's type, presence and range checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from conf.settings import FieldSettings
from udfs.dead_letters import Problem
from udfs.parsing.batch import ParsedBatch, RawColumn
from udfs.parsing.checks import find_problems
from udfs.parsing.lines import LineFormat

if TYPE_CHECKING:
    import pyarrow as pa

# Below this many lines, reading each by itself is faster than setting up a block reader.
_BLOCK_MIN = 24
_DTYPES = {
    "long": "int64",
    "timestamp": "int64",
    "double": "float64",
    "decimal": "float64",
    "boolean": "bool",
}


@dataclass(frozen=True)
class EventParser:
    """Parses batches of lines into columns by field name."""

    fields: Mapping[str, FieldSettings]
    lines: LineFormat

    def parse(self, lines: Sequence[str]) -> ParsedBatch:
        """Return the good rows as columns and a problem for every other row."""
        size = len(lines)
        raw = self._block(lines) if size >= _BLOCK_MIN else None
        if raw is not None:
            return _checked(self.fields, raw, size=size, rows=None, problems={})
        records, rows, problems = self._records(lines)
        if problems and len(rows) >= _BLOCK_MIN:
            raw = self._block([lines[row] for row in rows])
        if raw is None:
            raw, rows, problems = self._convert(records, rows, problems)
        kept = None if len(rows) == size else np.asarray(rows, dtype=np.int64)
        return _checked(self.fields, raw, size=size, rows=kept, problems=problems)

    def _block(self, lines: Sequence[str]) -> dict[str, RawColumn] | None:
        columns = self.lines.read_block(lines)
        if columns is None:
            return None
        raw: dict[str, RawColumn] = {}
        for name, field in self.fields.items():
            column = _arrow_column(columns[name], field)
            if column is None:
                return None
            raw[name] = column
        return raw

    def _records(self, lines: Sequence[str]) -> tuple[list[Mapping[str, Any]], list[int], dict[int, Problem]]:
        records, rows, problems = [], [], {}
        for row, line in enumerate(lines):
            try:
                records.append(self.lines.read_line(line))
                rows.append(row)
            except Exception as error:
                problems[row] = Problem("malformed", f"{error}" if line.strip() else "the line is empty")
        return records, rows, problems

    def _convert(
        self, records: Sequence[Mapping[str, Any]], rows: Sequence[int], problems: dict[int, Problem]
    ) -> tuple[dict[str, RawColumn], list[int], dict[int, Problem]]:
        converters = {name: self.lines.values[field.type] for name, field in self.fields.items()}
        kept: list[list[Any]] = []
        good: list[int] = []
        for row, record in zip(rows, records, strict=True):
            values = self._values(record, converters)
            if isinstance(values, Problem):
                problems[row] = values
            else:
                kept.append(values)
                good.append(row)
        columns = list(zip(*kept, strict=True)) or [()] * len(self.fields)
        raw = {
            name: _listed_column(values, field)
            for (name, field), values in zip(self.fields.items(), columns, strict=True)
        }
        return raw, good, problems

    def _values(
        self, record: Mapping[str, Any], converters: Mapping[str, Callable[[Any], Any]]
    ) -> list[Any] | Problem:
        values = []
        for name, convert in converters.items():
            value = record[name]
            try:
                values.append(None if value is None else convert(value))
            except (ValueError, KeyError, OverflowError):
                return Problem(
                    "wrong_type", f"field '{name}': expected {self.fields[name].type}, got {value!r:.80}"
                )
        return values


def _arrow_column(column: pa.ChunkedArray, field: FieldSettings) -> RawColumn | None:
    """Return an Arrow column as numpy values and null mask; None: a value needs a closer look."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    nulls = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    if field.type == "string":
        return RawColumn(array.to_numpy(zero_copy_only=False), nulls)
    if field.type == "timestamp" and pa.types.is_string(array.type):
        try:
            array = pc.cast(array, pa.timestamp("us")).cast(pa.int64())
        except pa.ArrowInvalid:
            return None
        return RawColumn(_filled(array) // 1000, nulls)
    return RawColumn(_filled(array), nulls)


def _filled(array: pa.Array) -> np.ndarray:
    import pyarrow as pa

    if array.null_count:
        array = array.fill_null(pa.scalar(0).cast(array.type))
    return array.to_numpy(zero_copy_only=False)


def _listed_column(values: Sequence[Any], field: FieldSettings) -> RawColumn:
    nulls = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
    if field.type == "string":
        listed = np.empty(len(values), dtype=object)
        listed[:] = values
        return RawColumn(listed, nulls if nulls.any() else None)
    dtype = _DTYPES[field.type]
    if not nulls.any():
        return RawColumn(np.array(values, dtype=dtype))
    return RawColumn(np.array([0 if value is None else value for value in values], dtype=dtype), nulls)


def _checked(
    fields: Mapping[str, FieldSettings],
    raw: Mapping[str, RawColumn],
    *,
    size: int,
    rows: np.ndarray | None,
    problems: dict[int, Problem],
) -> ParsedBatch:
    """Return the batch without the rows whose values are absent or out of range."""
    count = size if rows is None else len(rows)
    bad = find_problems(fields, raw)
    if bad:
        positions = np.arange(size) if rows is None else rows
        problems = {**problems, **{int(positions[index]): problem for index, problem in bad.items()}}
        keep = np.ones(count, dtype=bool)
        keep[list(bad)] = False
        rows = positions[keep]
        raw = {
            name: RawColumn(column.values[keep], None if column.nulls is None else column.nulls[keep])
            for name, column in raw.items()
        }
    columns = {name: _canonical(column, fields[name]) for name, column in raw.items()}
    exact = {
        name: _with_none(column)
        for name, column in raw.items()
        if column.nulls is not None and fields[name].type in ("long", "timestamp")
    }
    return ParsedBatch(size, columns, rows, problems, exact)


def _canonical(column: RawColumn, field: FieldSettings) -> np.ndarray:
    if field.type == "string" or column.nulls is None:
        return column.values.astype(np.float64) if field.type == "boolean" else column.values
    values = column.values.astype(np.float64)
    values[column.nulls] = np.nan
    return values


def _with_none(column: RawColumn) -> np.ndarray:
    values = column.values.astype(object)
    values[column.nulls] = None
    return values

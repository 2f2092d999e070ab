"""Rows of Arrow tables as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from udfs.parsing.units import find_unclear

if TYPE_CHECKING:
    import pyarrow as pa

def first_lines(path: str, rows: int, columns: Sequence[str], units: Mapping[str, str | None]) -> list[bytes]:
    """Return the first rows of a file, some columns of them, as lines.

    Args:
        path: the file.
        rows: most rows.
        columns: names of columns; those that the file lacks are left out.
        units: unit of each field of times that has one, by its name in the file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=True) as file:
        batch = next(file.iter_batches(rows, columns=list(columns)), None)
    return [] if batch is None else lines_of(with_times(pa.Table.from_batches([batch]), units))


def lines_of(rows: pa.Table) -> list[bytes]:
    """Return the rows of a table as lines of JSON."""
    import orjson

    try:
        return [orjson.dumps(row, default=as_json) for row in rows.to_pylist()]
    except UnicodeDecodeError:
        if len(rows) > 1:
            return [line for row in range(len(rows)) for line in lines_of(rows.slice(row, 1))]
        return [_raw_line(rows)]


def _raw_line(row: pa.Table) -> bytes:
    """Return a row whose text is no UTF-8 as a line with the same bytes, which parsing finds malformed."""
    import pyarrow as pa

    for index, column in enumerate(row.schema):
        if pa.types.is_dictionary(column.type):
            row = row.set_column(index, column.name, row.column(index).cast(column.type.value_type))
    as_bytes = row.cast(pa.schema([pa.field(each.name, _in_bytes(each.type)) for each in row.schema]))
    (values,) = as_bytes.to_pylist()
    text = json.dumps(_escaped(values), ensure_ascii=False, separators=(",", ":"), default=as_json)
    return text.encode("utf-8", "surrogateescape")


def _in_bytes(kind: pa.DataType) -> pa.DataType:
    """Return a type with bytes in place of text."""
    import pyarrow as pa

    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.large_binary()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.large_list(_in_bytes(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(each.name, _in_bytes(each.type)) for each in kind])
    return kind


def _escaped(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, dict):
        return {name: _escaped(each) for name, each in value.items()}
    return [_escaped(each) for each in value] if isinstance(value, list) else value


def with_times(table: pa.Table, units: Mapping[str, str | None]) -> pa.Table:
    """Return a table with its times as numbers or text, as JSON can have them."""
    import pyarrow as pa

    for index, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(index, column.name, _times(table.column(index), units.get(column.name)))
    return table


def _times(column: pa.ChunkedArray, unit: str | None) -> pa.ChunkedArray:
    """Return times as milliseconds, or as ISO 8601 text where numbers would be read in another unit."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = column.cast(pa.timestamp("ms", column.type.tz), safe=False).cast(pa.int64())
    is_clear = unit is None and not len(find_unclear(numbers.fill_null(0).to_numpy()))
    if unit == "ms" or is_clear:
        return numbers
    # A zone is only a way to write the same moment.
    return pc.strftime(numbers.cast(pa.timestamp("ms")), format="%Y-%m-%dT%H:%M:%S")


def as_json(value: object) -> int | float | str:
    """Return a value that orjson does not know as one that it does."""
    if not isinstance(value, Decimal):
        return str(value)
    # Arrow's own cast does not give the nearest double.
    is_whole = value.as_tuple().exponent == 0 and abs(value) < 2**63
    return int(value) if is_whole else float(value)

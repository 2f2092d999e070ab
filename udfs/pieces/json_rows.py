"""Rows of Arrow tables as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

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
        return [orjson.dumps(row, default=as_json) for row in values_of(rows)]
    except UnicodeDecodeError:
        if len(rows) > 1:
            return [line for row in range(len(rows)) for line in lines_of(rows.slice(row, 1))]
        return [_raw_line(rows)]


def values_of(rows: pa.Table | pa.Array) -> list[Any]:
    """Return rows as builtins; an infinity, which JSON does not have and would write as null, is a text."""
    values: list[Any] = rows.to_pylist()
    return [_spelt(value) for value in values] if has_infinity(rows) else values


def has_infinity(rows: pa.Table | pa.Array) -> bool:
    """Return whether an infinite number is among the values of a table or a column, however deep."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(rows, pa.Table):
        return any(has_infinity(chunk) for column in rows.columns for chunk in column.chunks)
    if pa.types.is_struct(rows.type) or pa.types.is_list(rows.type) or pa.types.is_large_list(rows.type):
        return any(map(has_infinity, rows.flatten())) if pa.types.is_struct(rows.type) else has_infinity(rows.flatten())
    if pa.types.is_float16(rows.type):
        return bool(np.isinf(rows.drop_null().to_numpy(zero_copy_only=False)).any())
    return bool(pa.types.is_floating(rows.type) and pc.any(pc.is_inf(rows)).as_py())


def _spelt(value: object) -> object:
    if isinstance(value, (float, np.floating)):
        return f"{'-' if value < 0 else ''}Infinity" if np.isinf(value) else value
    if isinstance(value, dict):
        return {name: _spelt(each) for name, each in value.items()}
    return [_spelt(each) for each in value] if isinstance(value, list) else value


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
    if isinstance(value, np.floating):
        return float(value)
    if not isinstance(value, Decimal):
        return str(value)
    # Arrow's own cast does not give the nearest double.
    is_whole = value.as_tuple().exponent == 0 and abs(value) < 2**63
    return int(value) if is_whole else float(value)

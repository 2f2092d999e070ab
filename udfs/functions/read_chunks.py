"""Pieces of Parquet files to JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from udfs.parsing.units import find_unclear

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS = 4_096
"""Rows read at a time: a few hundred kilobytes of text."""


@dataclass
class ReadParquet:
    """A reader of rows ``start`` to ``start + CHUNK_ROWS`` of a row group, from ``[path, row group, start]`` in JSON.

    Neighbouring pieces are read in turn, so each row group is decoded once.

    Attributes:
        units: unit of each field of times that has one, by its name in the file.
    """

    units: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._group: tuple[str, int] | None = None

    def read(self, chunk: str) -> Sequence[str]:
        """Return the rows as lines; times as epoch milliseconds or ISO 8601, absent values as null."""
        import orjson

        path, group, start = json.loads(chunk)
        if (path, group) != self._group:
            self._group, self._table = (path, group), _row_group(path, group, self.units)
        return [
            orjson.dumps(row, default=_as_json).decode()
            for row in self._table.slice(start, CHUNK_ROWS).to_pylist()
        ]


def list_chunks(path: str) -> Iterator[str]:
    """Yield the pieces of a file, first to last."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    for group in range(metadata.num_row_groups):
        for start in range(0, metadata.row_group(group).num_rows, CHUNK_ROWS):
            yield json.dumps([path, group, start])


def _row_group(path: str, group: int, units: Mapping[str, str | None]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=True) as file:
        table = file.read_row_group(group)
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


def _as_json(value: object) -> int | float | str:
    if not isinstance(value, Decimal):
        return str(value)
    # Arrow's own cast does not give the nearest double.
    is_whole = value.as_tuple().exponent == 0 and abs(value) < 2**63
    return int(value) if is_whole else float(value)

"""Pieces of Parquet files to JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS = 4_096
"""Rows read at a time: a few hundred kilobytes of text."""


@dataclass
class ReadParquet:
    """A reader of rows ``start`` to ``start + CHUNK_ROWS`` of a row group, from ``[path, row group, start]`` in JSON.

    Neighbouring pieces are read in turn, so each row group is decoded once.
    """

    def __post_init__(self) -> None:
        self._group: tuple[str, int] | None = None

    def read(self, chunk: str) -> Sequence[str]:
        """Return the rows as lines; times as epoch milliseconds, absent values as null."""
        import orjson

        path, group, start = json.loads(chunk)
        if (path, group) != self._group:
            self._group, self._table = (path, group), _row_group(path, group)
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


def _row_group(path: str, group: int) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=True) as file:
        table = file.read_row_group(group)
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            milliseconds = (
                table.column(index).cast(pa.timestamp("ms", field.type.tz), safe=False).cast(pa.int64())
            )
            table = table.set_column(index, field.name, milliseconds)
    return table


def _as_json(value: object) -> int | float | str:
    if not isinstance(value, Decimal):
        return str(value)
    # Arrow's own cast does not give the nearest double.
    is_whole = value.as_tuple().exponent == 0 and abs(value) < 2**63
    return int(value) if is_whole else float(value)

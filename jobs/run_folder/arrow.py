"""Rows of a run as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.run_folder.part_files import line_blocks
from udfs.rows import Column

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Return the Arrow schema of columns that a job writes."""
    import pyarrow as pa

    return pa.schema([(column.name, arrow_type(column.kind)) for column in columns])


def arrow_type(kind: str) -> pa.DataType:
    """Return the Arrow type of an SQL type."""
    import pyarrow as pa

    types = {
        "STRING": pa.string(),
        "DOUBLE": pa.float64(),
        "BIGINT": pa.int64(),
        "INT": pa.int32(),
        "TIMESTAMP_LTZ(3)": pa.timestamp("ms", "UTC"),
        "ARRAY<DOUBLE>": pa.list_(pa.float64()),
    }
    return types[kind]


def read_json_parts(folder: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of a folder of JSON Lines in these columns, a block at a time.

    Null rule: a column that the rows do not have is null in all of them; columns that the schema lacks are left out.
    """
    import pyarrow as pa
    import pyarrow.json as pa_json

    # Arrow's JSON reader refuses times with a zone, so read them as text and cast them.
    as_text = pa.schema([pa.field(f.name, pa.string() if pa.types.is_timestamp(f.type) else f.type) for f in schema])
    parse = pa_json.ParseOptions(explicit_schema=as_text, unexpected_field_behavior="ignore")
    for block in line_blocks(folder):
        table = pa_json.read_json(
            pa.BufferReader(block),
            read_options=pa_json.ReadOptions(block_size=len(block) + 1),
            parse_options=parse,
        )
        yield table.select(schema.names).cast(schema)

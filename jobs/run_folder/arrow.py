"""Rows of a run as Arrow tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.run_folder.part_files import line_blocks
from udfs.row_columns import Column
from udfs.rows import DECIMAL_DIGITS, PREDICTION, decimal_scale

if TYPE_CHECKING:
    import pyarrow as pa


_ID = PREDICTION[0].name
_BARE_ID = re.compile(rb'^(\{"' + _ID.encode() + rb'":)([^",}]+)', re.MULTILINE)


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
        "BOOLEAN": pa.bool_(),
        "TIMESTAMP_LTZ(3)": pa.timestamp("ms", "UTC"),
        "ARRAY<DOUBLE>": pa.list_(pa.float64()),
    }
    scale = decimal_scale(kind)
    return types[kind] if scale is None else pa.decimal128(DECIMAL_DIGITS, scale)


def read_json_parts(folder: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of a folder of JSON Lines in these columns, a block at a time.

    Null rule: a column that the rows do not have is null in all of them; columns that the schema lacks are left out.

    The id may be of another type than the schema says: it is text in rows of earlier versions, which a run that is
    resumed has beside its own.
    """
    for block in line_blocks(folder):
        yield parse_lines(block, schema)


def parse_lines(block: bytes, schema: pa.Schema) -> pa.Table:
    """Return lines of JSON as rows in these columns, as `read_json_parts` gives those of a folder."""
    import pyarrow as pa

    try:
        return _parsed(block, schema)
    except pa.ArrowInvalid:
        if _ID not in schema.names:
            raise
        as_text = schema.set(schema.get_field_index(_ID), pa.field(_ID, pa.string()))
        return _parsed(_BARE_ID.sub(rb'\1"\2"', block), as_text).cast(schema)


def _parsed(block: bytes, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa
    import pyarrow.json as pa_json

    # Arrow's JSON reader refuses times with a zone, so read them as text and cast them.
    as_text = pa.schema([pa.field(f.name, pa.string() if pa.types.is_timestamp(f.type) else f.type) for f in schema])
    parse = pa_json.ParseOptions(explicit_schema=as_text, unexpected_field_behavior="ignore")
    options = pa_json.ReadOptions(block_size=len(block) + 1)
    table = pa_json.read_json(pa.BufferReader(block), read_options=options, parse_options=parse)
    return table.select(schema.names).cast(schema)

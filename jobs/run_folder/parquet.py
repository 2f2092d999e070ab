"""Final part files to one Parquet file each, for bounded runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.run_folder.part_files import final_parts, line_blocks
from jobs.sinks.files import DEAD_LETTER_COLUMNS, prediction_columns

if TYPE_CHECKING:
    import pyarrow as pa

_ARROW = {
    "STRING": "string",
    "DOUBLE": "float64",
    "BIGINT": "int64",
    "INT": "int32",
    "TIMESTAMP_LTZ(3)": "timestamp[ms, UTC]",
    "ARRAY<DOUBLE>": "list<float64>",
}


def convert_json_parts(output: Path, output_field: str) -> None:
    """Turn each folder of JSON Lines of a run into one file beside it, such as ``predictions.parquet``."""
    predictions = prediction_columns(output_field)
    for name, columns in (
        ("predictions", predictions),
        ("alerts", predictions),
        ("dead_letters", DEAD_LETTER_COLUMNS),
    ):
        folder = output / name
        if name != "alerts" or folder.is_dir():
            _convert(folder, arrow_schema(columns))


def arrow_schema(columns: Sequence[tuple[str, str]]) -> pa.Schema:
    """Return the Arrow schema of SQL columns."""
    import pyarrow as pa

    types = {
        "timestamp[ms, UTC]": pa.timestamp("ms", "UTC"),
        "list<float64>": pa.list_(pa.float64()),
    }
    return pa.schema(
        [(name, types.get(_ARROW[kind]) or pa.type_for_alias(_ARROW[kind])) for name, kind in columns]
    )


def _convert(folder: Path, schema: pa.Schema) -> None:
    import pyarrow.parquet as pq

    target = folder.with_suffix(".parquet")
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for table in _tables(folder, schema):
            writer.write_table(table)
    shutil.rmtree(folder, ignore_errors=True)


def _tables(folder: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.json as pa_json

    read = pa.schema(
        [
            field if not pa.types.is_timestamp(field.type) else pa.field(field.name, pa.string())
            for field in schema
        ]
    )
    for block in line_blocks(folder):
        table = pa_json.read_json(
            pa.BufferReader(block),
            read_options=pa_json.ReadOptions(block_size=len(block) + 1),
            parse_options=pa_json.ParseOptions(explicit_schema=read, unexpected_field_behavior="ignore"),
        )
        yield table.select(schema.names).cast(schema)


def csv_table(folder: Path, columns: Sequence[tuple[str, str]]) -> pa.Table:
    """Return the rows of a folder of headerless CSV parts."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    schema = arrow_schema(columns)
    tables = [
        pa_csv.read_csv(
            path,
            read_options=pa_csv.ReadOptions(column_names=schema.names),
            convert_options=pa_csv.ConvertOptions(
                column_types=schema, null_values=[""], strings_can_be_null=True
            ),
        )
        for path in final_parts(folder)
        if path.stat().st_size
    ]
    return pa.concat_tables(tables) if tables else schema.empty_table()

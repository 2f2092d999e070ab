"""Final part files to one Parquet file each, for bounded runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from conf.folders.whole_file import whole_file
from jobs.run_folder.arrow import arrow_schema, arrow_type, read_json_parts
from jobs.run_folder.part_files import final_parts
from state.sql import SqlColumns
from udfs.row_columns import Column
from udfs.rows import DEAD_LETTER

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK_BYTES = 1 << 20


def convert_json_parts(output: Path, predictions: Iterable[Column]) -> None:
    """Turn each folder of JSON Lines of a run into one file beside it, such as ``predictions.parquet``.

    Args:
        output: folder of the run.
        predictions: columns of predictions and alerts.
    """
    predictions = tuple(predictions)
    for name, columns in (
        ("predictions", predictions),
        ("alerts", predictions),
        ("dead_letters", DEAD_LETTER),
    ):
        folder = output / name
        if name != "alerts" or folder.is_dir():
            _convert(folder, arrow_schema(columns))


def _convert(folder: Path, schema: pa.Schema) -> None:
    import pyarrow.parquet as pq

    target = folder.with_suffix(".parquet")
    with whole_file(target) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for table in read_json_parts(folder, schema):
            writer.write_table(table)
    shutil.rmtree(folder, ignore_errors=True)


def csv_table(folder: Path, columns: SqlColumns, absent: str) -> pa.Table:
    """Return the rows of a folder of headerless CSV parts; ``absent`` is the cell of an absent value."""
    import pyarrow as pa

    schema = pa.schema([(name, arrow_type(kind)) for name, kind in columns])
    tables = [_csv_part(path, schema, absent) for path in final_parts(folder) if path.stat().st_size]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _csv_part(path: Path, schema: pa.Schema, absent: str) -> pa.Table:
    import pyarrow as pa

    try:
        return _read_csv(path, schema, absent, _BLOCK_BYTES)
    except pa.ArrowInvalid:
        # A row must be in one block, and a text in it may have any length.
        return _read_csv(path, schema, absent, max(path.stat().st_size, _BLOCK_BYTES))


def _read_csv(path: Path, schema: pa.Schema, absent: str, block_bytes: int) -> pa.Table:
    import pyarrow.csv as pa_csv

    return pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(column_names=schema.names, block_size=block_bytes),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=schema, null_values=[absent], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )

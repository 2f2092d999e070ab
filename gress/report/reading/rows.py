"""Reader of a run's rows in any of its formats, as Arrow tables, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import fail, refuse
from jobs.run_folder.arrow import read_json_parts
from jobs.run_folder.part_files import final_parts

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = 1 << 16


def has_rows(run: Path, name: str) -> bool:
    """Return whether a run wrote a folder or file of this name, even an empty one."""
    return (run / name).is_dir() or (run / f"{name}.parquet").is_file()


def read_rows(run: Path, name: str, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of ``name`` (``predictions``, ``alerts``, ``dead_letters``) in blocks, in these columns.

    Null rule: a column that the rows lack is null in all of them.

    Raises:
        JobError: a file was not written by a run.
    """
    import pyarrow as pa

    parquet = run / f"{name}.parquet"
    try:
        yield from parquet_blocks(parquet, schema) if parquet.is_file() else read_json_parts(run / name, schema)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        where = parquet if parquet.is_file() else run / name
        reason = str(error).splitlines()[0]
        fail(str(where), f"expected rows that a run wrote, got: {reason}", "run the job again")


def column_names(run: Path, name: str) -> list[str]:
    """Return the columns of a run's rows: those of the Parquet file, or of the first line in other formats."""
    import orjson
    import pyarrow.parquet as pq

    if (run / f"{name}.parquet").is_file():
        names: list[str] = pq.read_schema(run / f"{name}.parquet").names
        return names
    for path in final_parts(run / name):
        with path.open("rb") as file:
            if line := file.readline():
                try:
                    return list(orjson.loads(line))
                except ValueError:
                    refuse(str(path), "JSON Lines", repr(line[:80]), "run the job again")
    return []


def parquet_blocks(path: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of a Parquet file in blocks, in these columns; one that the file lacks is null in all of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        there = [name for name in schema.names if name in file.schema_arrow.names]
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=there):
            columns = [
                batch.column(name).cast(kind) if name in there else pa.nulls(len(batch), kind)
                for name, kind in zip(schema.names, schema.types, strict=True)
            ]
            yield pa.table(columns, schema=schema)

"""Files of predictions, in folders or by name, as Arrow tables, a block at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gress.report.reading.rows import parquet_blocks
from jobs.errors import fail, refuse
from jobs.run_folder.arrow import parse_lines
from jobs.run_folder.part_files import lines_of

if TYPE_CHECKING:
    import pyarrow as pa


def find_row_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that paths name: a folder stands for its files, hidden ones left out.

    Raises:
        JobError: there is no such path, or a folder without files.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            refuse(f"predictions {path}", "a folder or file of predictions", "none", "name the predictions of a run")
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        files = [each for each in inside if each.is_file() and not each.name.startswith((".", "_"))]
        if not files:
            refuse(f"predictions {path}", "files of predictions", "an empty folder", "name the predictions of a run")
        found += files
    return found


def read_row_files(paths: Iterable[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of files in blocks, in these columns; a column that a file lacks is null in all its rows.

    Args:
        paths: those that end in ``.parquet`` are Parquet, all others JSON Lines.
        schema: columns to read.

    Raises:
        JobError: a file holds something else.
    """
    import pyarrow as pa

    for path in paths:
        try:
            if path.suffix == ".parquet":
                yield from parquet_blocks(path, schema)
            else:
                yield from (parse_lines(block, schema) for block in lines_of(path))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            reason = str(error).splitlines()[0]
            fail(str(path), f"expected rows that a run wrote, got: {reason}", "name the predictions of a run")

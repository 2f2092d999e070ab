"""Raw fields of events as columns of a Parquet file, such as `gress features export` writes beside the features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import fail

SampleRaw = Callable[[Sequence[str]], Mapping[str, Sequence[Any]]]
"""A function that returns values of the columns that there are, without absent ones."""

_SAMPLED = 32


def raw_array(subject: str, name: str, column: Any) -> NDArray[Any]:
    """Return an Arrow column as models read it: text and whole numbers with nulls as objects, other numbers as such.

    Raises:
        ModelError: the column holds neither text nor numbers.
    """
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if is_text or pa.types.is_null(kind) or (pa.types.is_integer(kind) and column.null_count):
        values = np.empty(len(column), dtype=object)
        values[:] = column.to_pylist()
        return values
    if pa.types.is_integer(kind):
        return np.asarray(column.cast(pa.int64()).to_numpy())
    if not pa.types.is_floating(kind):
        fail(subject, f"has {kind} in column {name!r}, expected text or numbers", "write it as `gress features export`")
    return np.asarray(column.cast(pa.float64()).to_numpy())


def read_raw(subject: str, path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return columns of a file by name.

    Raises:
        ModelError: a column is not there, or holds neither text nor numbers.
    """
    from pyarrow import parquet

    missing = [name for name in names if name not in parquet.read_schema(path).names]
    if missing:
        problem = f"has no column {', '.join(missing)}, which the model reads beside its features"
        fail(subject, problem, "write it with `gress features export`, which keeps all fields of the events")
    table = parquet.read_table(path, columns=list(names))
    return {name: raw_array(subject, name, table[name]) for name in names}


def sample_raw(*paths: Path | None) -> SampleRaw:
    """Return a function that samples columns of the first file that has them; the rows are whole."""

    def sample(names: Sequence[str]) -> dict[str, list[Any]]:
        from pyarrow import parquet

        for path in paths:
            there = [] if path is None else _there(path, names)
            if path is None or not there:
                continue
            with parquet.ParquetFile(path) as file:
                rows = next(file.iter_batches(1000, columns=there), None)
            known = [] if rows is None else [row for row in rows.to_pylist() if None not in row.values()]
            return {name: [row[name] for row in known[:_SAMPLED]] for name in there}
        return {}

    return sample


def _there(path: Path, names: Sequence[str]) -> list[str]:
    """Return the names that are columns of a file; none if it is no Parquet file, which its reader refuses."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        known = parquet.read_schema(path).names
    except (pa.ArrowException, OSError):
        return []
    return [name for name in names if name in known]

"""Golden rows from a Parquet file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.lifecycle.raw_columns import raw_array

if TYPE_CHECKING:
    import pyarrow as pa

PREDICTION = "prediction"
_MOST_ROWS = 1000


@dataclass(frozen=True)
class GoldenFile:
    """Golden rows as the file holds them.

    Attributes:
        path: the file.
        columns: names of the k feature columns, in the file's order.
        matrix: (n, k) float32; null is NaN.
        predictions: (n,) float64, the required predictions; None: the file has none.
        raw: columns that the model reads raw, (n,) each.
    """

    path: Path
    columns: tuple[str, ...]
    matrix: NDArray[np.float32]
    predictions: NDArray[np.float64] | None
    raw: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def read_golden_file(path: Path, raw: Sequence[str] = ()) -> GoldenFile:
    """Read the feature columns and the column ``prediction``, if the file has it.

    Args:
        path: Parquet file of numbers and booleans, 1 to 1000 rows.
        raw: columns that the model reads raw, which may be text.

    Raises:
        ModelError: the file cannot be read, has too many rows or none, or has values other than finite numbers and
            nulls.
    """
    table = _read(path)
    columns = tuple(name for name in table.column_names if name not in (PREDICTION, *raw))
    repeated = [name for name, count in Counter(table.column_names).items() if count > 1]
    if repeated:
        raise _error(path, f"has column {repeated[0]!r} twice", "name each column once")
    missing = [name for name in raw if name not in table.column_names]
    if missing:
        problem = f"has no column {', '.join(missing)}, which the model reads beside its features"
        raise _error(path, problem, "add it as the events have it")
    if not (columns or raw):
        raise _error(path, "has no feature column", "write a column for each feature of the model")
    # Features are float32: a value beyond its range becomes infinite, and infinite values are refused.
    matrix = np.empty((len(table), len(columns)), np.float32)
    with np.errstate(over="ignore"):
        for place, name in enumerate(columns):
            matrix[:, place] = _numbers(path, table, name)
    fields = {name: raw_array(f"golden file {path}", name, table[name]) for name in raw}
    _refuse(path, columns, np.isinf(matrix), "is infinite in float32")
    if PREDICTION not in table.column_names:
        return GoldenFile(path, columns, matrix, None, fields)
    predictions = _numbers(path, table, PREDICTION)
    _refuse(path, (PREDICTION,), ~np.isfinite(predictions)[:, None], "is null, NaN or infinite")
    return GoldenFile(path, columns, matrix, predictions, fields)


def _read(path: Path) -> pa.Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            rows = file.metadata.num_rows
            if not 1 <= rows <= _MOST_ROWS:
                raise _error(path, f"has {rows:,} rows, expected 1 to {_MOST_ROWS:,}", "give a sample")
            return file.read()
    except pa.ArrowException:
        raise _error(path, "is not a Parquet file", "write it with pandas or pyarrow") from None
    except OSError as error:
        raise _error(path, f"cannot be read: {error.strerror or 'it is damaged'}", "check the path") from error


def _numbers(path: Path, table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column as (n,) float64; null is NaN."""
    import pyarrow as pa

    column: Any = table.column(name)
    kind = column.type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (is_number or pa.types.is_boolean(kind) or pa.types.is_null(kind)):
        raise _error(path, f"has {kind} in column {name!r}, expected numbers", "leave out what is no feature")
    return np.asarray([np.nan if value is None else value for value in column.to_pylist()], dtype=np.float64)


def _refuse(path: Path, columns: tuple[str, ...], is_wrong: NDArray[np.bool_], what: str) -> None:
    if is_wrong.any():
        row, column = np.argwhere(is_wrong)[0]
        raise _error(path, f"has column {columns[column]!r} in row {row} that {what}", "expected a finite number")


def _error(path: Path, problem: str, fix: str) -> ModelError:
    return ModelError(f"golden file {path}", problem, fix)

"""Filling of a feature store from a Parquet file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gress.feature_store.refuse_parquet import refuse_parquet
from jobs.errors import fail, refuse
from state.feature_store.group import Group
from udfs.feature_store.file_columns import check_columns, entities_of, times_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from state.feature_store.feature_store import FeatureStore

_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class LoadRequest:
    """Rows to load.

    Attributes:
        path: Parquet file.
        key: column of the entity.
        time: column of the event time: timestamps, or whole milliseconds since 1970.
        entity: kind of the entities; empty: the name of the key's column.
        feature_set: hash of the feature set; empty: that which `gress features export` wrote into the file.
        columns: columns to load; empty: those that `gress features export` names in the file.
    """

    path: Path
    key: str
    time: str
    entity: str = ""
    feature_set: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loaded:
    """Outcome of a load.

    Attributes:
        group: table that the rows are in.
        rows: rows that were written.
        skipped: rows without an entity or a time.
        older: values that were older than those in the store, which stay.
    """

    group: Group
    rows: int
    skipped: int
    older: int


def load_file(request: LoadRequest, store: FeatureStore, progress: Callable[[int, int], None]) -> Loaded:
    """Write the rows of a file into a store; those already there, and newer ones, stay as they are.

    Args:
        request: rows to load.
        store: where they go.
        progress: function that is called with the number of rows done, and of all rows.

    Raises:
        JobError: the file cannot be read, or has a value that no store keeps.
        FeatureError: the file lacks a column, or has one of another type.
        StoreError: the store did not take the rows; load again, those before change nothing then.
    """
    file = _open(request.path)
    group, names = _target(request, file.schema_arrow)
    rows = skipped = older = 0
    for batch in file.iter_batches(_ROWS_AT_ONCE, columns=[request.key, request.time, *names]):
        keys, times, there = _keys_and_times(request, batch)
        columns = {name: _values(batch.column(name))[there] for name in names}
        try:
            older += store.put_many(group, keys, columns, times)
        except ValueError as error:
            fail(str(request.path), str(error))
        rows, skipped = rows + len(keys), skipped + len(batch) - len(keys)
        progress(rows + skipped, file.metadata.num_rows)
    return Loaded(group, rows, skipped, older)


def _open(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        refuse_parquet(path, error)


def _target(request: LoadRequest, schema: Any) -> tuple[Group, Sequence[str]]:
    """Return the table to fill and the columns to fill it from."""
    about = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    feature_set = request.feature_set or about.get("gress.feature_set_hash", "")
    if not feature_set:
        refuse(str(request.path), "the hash of a feature set, which `gress features export` writes", "none",
               "give it as --feature-set")  # fmt: skip
    names = request.columns or _named_columns(request.path, about.get("gress.feature_columns", "[]"))
    names = names or tuple(name for name in schema.names if name not in {request.key, request.time})
    check_columns(str(request.path), schema, key=request.key, time=request.time, values=names)
    if not names:
        refuse(str(request.path), "columns with values beside key and time", "none")
    try:
        return Group(request.entity or request.key, feature_set), names
    except ValueError as error:
        fail(str(request.path), str(error), "give another as --entity or --feature-set")


def _named_columns(path: Path, text: str) -> tuple[str, ...]:
    """Return the columns that the metadata of an export names."""
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        refuse(str(path), "names of columns in its metadata, as `gress features export` writes", text, "give --column")
    return tuple(names)


def _keys_and_times(request: LoadRequest, batch: Any) -> tuple[list[str], Any, Any]:
    """Return entities and times of the rows that have both, and which rows these are."""
    names, times = entities_of(batch.column(request.key)).names, batch.column(request.time)
    is_there = np.array([name is not None for name in names], bool) & times.is_valid().to_numpy(zero_copy_only=False)
    keys = [name for name, is_kept in zip(names, is_there.tolist(), strict=True) if name is not None and is_kept]
    return keys, times_of(str(request.path), request.time, times.filter(_mask(is_there))), is_there


def _values(column: Any) -> Any:
    """Return a column as an array; one with nulls as objects, so that they stay apart from NaN."""
    import pyarrow as pa

    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    if column.null_count or not pa.types.is_primitive(column.type):
        values = np.empty(len(column), object)
        values[:] = column.to_pylist()
        return values
    return column.to_numpy(zero_copy_only=False)


def _mask(is_kept: Any) -> Any:
    import pyarrow as pa

    return pa.array(is_kept)

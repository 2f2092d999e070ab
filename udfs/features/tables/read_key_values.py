"""Reader of two columns of a dimension table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from udfs.features.errors import suggest_or_list
from udfs.features.tables.key_values import KeyValues
from udfs.features.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa


@dataclass(frozen=True)
class TableColumns:
    """The two columns that are read of a table.

    Args:
        key: name of the column with the keys.
        kind: type of the keys, string or long.
        value: name of the column with the numbers.
    """

    key: str
    kind: str
    value: str


def read_key_values(path: Path, wanted: TableColumns) -> KeyValues:
    """Read keys and their numbers.

    Args:
        path: ``.parquet`` or ``.csv``; a CSV file has the names in its first line.
        wanted: columns to read.

    Raises:
        ValueError: the file's ending is unknown; a column is missing or has another type; a key is null or comes
            twice; a number is infinite; or there is no row.
        OSError: it cannot be read.
    """
    reader = _READERS.get(path.suffix)
    if reader is None:
        message = f"a file ending in {' or '.join(_READERS)}"
        raise ValueError(message)
    read, place, first = reader
    table = read(path, wanted)
    keys = table.column(wanted.key).to_pylist()
    _check_keys(wanted.key, keys, lambda row: f"{place} {row + first}")
    numbers = np.asarray(table.column(wanted.value).to_numpy(), np.float64)
    if np.isinf(numbers).any():
        row = int(np.flatnonzero(np.isinf(numbers))[0])
        message = f"finite numbers in column {wanted.value!r}, not {numbers[row]} in {place} {row + first}"
        raise ValueError(message)
    return KeyValues.of(Vocabulary(wanted.kind, tuple(keys)), numbers)


def _check_keys(name: str, keys: Sequence[object], place_of: Callable[[int], str]) -> None:
    if not keys:
        message = "at least one row"
        raise ValueError(message)
    if len(set(keys)) == len(keys) and None not in set(keys):
        return
    seen: dict[object, int] = {}
    for row, key in enumerate(keys):
        if key is None:
            message = f"a key in each row of column {name!r}, not null in {place_of(row)}"
            raise ValueError(message)
        if key in seen:
            message = f"distinct keys in column {name!r}, not {key!r} in {place_of(seen[key])} and {place_of(row)}"
            raise ValueError(message)
        seen[key] = row


def _check_names(names: list[str], wanted: TableColumns) -> None:
    for name in (wanted.key, wanted.value):
        if name not in names:
            message = f"a column {name!r}, {suggest_or_list(name, names)}"
            raise ValueError(message)
        if names.count(name) > 1:
            message = f"one column {name!r}, not {names.count(name)}"
            raise ValueError(message)


def _read_csv(path: Path, wanted: TableColumns) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv

    with csv.open_csv(path) as opened:
        _check_names(opened.schema.names, wanted)
    options = csv.ConvertOptions(
        include_columns=[wanted.key, wanted.value],
        column_types={wanted.key: _key_type(wanted), wanted.value: pa.float64()},
    )
    # One thread, so that an error names the row.
    return csv.read_csv(path, csv.ReadOptions(use_threads=False), convert_options=options)


def _read_parquet(path: Path, wanted: TableColumns) -> pa.Table:
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path) as opened:
        _check_names(opened.schema_arrow.names, wanted)
        table = opened.read(columns=[wanted.key, wanted.value])
    keys, numbers = table.column(wanted.key), table.column(wanted.value)
    if not _is_key(keys.type, wanted.kind):
        message = f"column {wanted.key!r} of type {wanted.kind}, as the event field, not {keys.type}"
        raise ValueError(message)
    if not _is_number(numbers.type):
        message = f"numbers in column {wanted.value!r}, not {numbers.type}"
        raise ValueError(message)
    if pa.types.is_boolean(numbers.type):
        numbers = numbers.cast(pa.int8())
    return pa.table({wanted.key: keys.cast(_key_type(wanted)), wanted.value: numbers.cast(pa.float64(), safe=False)})


def _key_type(wanted: TableColumns) -> pa.DataType:
    import pyarrow as pa

    return pa.string() if wanted.kind == "string" else pa.int64()


def _is_key(type_: pa.DataType, kind: str) -> bool:
    from pyarrow import types

    plain = type_.value_type if types.is_dictionary(type_) else type_
    if kind == "string":
        return bool(types.is_string(plain) or types.is_large_string(plain))
    return bool(types.is_integer(plain))


def _is_number(type_: pa.DataType) -> bool:
    from pyarrow import types

    checks = (types.is_integer, types.is_floating, types.is_decimal, types.is_boolean)
    return any(check(type_) for check in checks)


_Reader = tuple[Any, str, int]
# Reader, and how people find a row: a word, and the number of the first.
_READERS: dict[str, _Reader] = {".parquet": (_read_parquet, "row", 1), ".csv": (_read_csv, "line", 2)}

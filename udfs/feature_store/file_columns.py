"""Columns of Parquet files as the feature store takes them: entities, event times and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.feature_store.cells import check_times
from udfs.feature_store.entity_keys import EntityKeys
from udfs.features.errors import FeatureError
from udfs.parsing.units import find_unclear

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray


def check_columns(
    where: str, schema: pa.Schema, *, key: str, time: str, numbers: Sequence[str] = (), values: Sequence[str] = ()
) -> None:
    """Refuse a file whose columns or types differ from the expected ones.

    Args:
        where: name of the file.
        schema: its columns.
        key: column of the entities.
        time: column of the event times.
        numbers: columns of numbers.
        values: columns of numbers, booleans or texts.

    Raises:
        FeatureError: the first that is wrong.
    """
    wanted = [(key, "texts or whole numbers", _is_key), (time, "timestamps or milliseconds", _is_time)]
    wanted += [(name, "numbers", is_number) for name in numbers]
    wanted += [(name, "numbers, booleans or texts", is_value) for name in values]
    for name, expected, fits in wanted:
        if name not in schema.names:
            raise FeatureError(where, f"a column {name!r}", ", ".join(schema.names), "name another")
        if schema.names.count(name) > 1:
            raise FeatureError(where, f"one column {name!r}", f"{schema.names.count(name)}", "write the file anew")
        kind = schema.field(name).type
        if not fits(kind):
            raise FeatureError(where, f"{expected} in column {name!r}", str(kind), "convert it, or name another")


def is_value(kind: pa.DataType) -> bool:
    """Return whether a type is one of values that the store keeps: numbers, booleans or texts."""
    return is_number(kind) or is_text(kind)


def is_number(kind: pa.DataType) -> bool:
    """Return whether a type is one of numbers, booleans among them."""
    import pyarrow as pa

    types = pa.types
    is_other = types.is_decimal(kind) or types.is_boolean(kind) or types.is_null(kind)
    return bool(is_other or types.is_integer(kind) or types.is_floating(kind))


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type is one of texts."""
    import pyarrow as pa

    types = pa.types
    values = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(values) or types.is_large_string(values) or types.is_string_view(values))


def entities_of(column: pa.ChunkedArray | pa.Array) -> EntityKeys:
    """Return the entities of a column of texts or numbers."""
    return EntityKeys.of_values(column.to_pylist())


def times_of(where: str, name: str, column: pa.ChunkedArray | pa.Array) -> NDArray[np.int64]:
    """Return event times in whole milliseconds since 1970.

    Args:
        where: name of the file.
        name: name of the column.
        column: timestamps, or whole milliseconds, none of them null.

    Raises:
        FeatureError: a time is beyond 2^53 ms, or a number makes sense in another unit only.
    """
    import pyarrow as pa

    # Times before 1970 must not be rounded towards it, as a cast would. Parquet has no seconds.
    unit = column.type.unit if pa.types.is_timestamp(column.type) else "ms"
    step = {"ms": 1, "us": 1_000, "ns": 1_000_000}[unit]
    try:
        times = np.asarray(column.cast(pa.int64()).to_numpy(), np.int64) // step
        check_times(times)
    except (pa.ArrowInvalid, ValueError):
        expected = f"milliseconds since 1970 below 2^53 in column {name!r}"
        raise FeatureError(where, expected, "a larger number", "convert times in finer units") from None
    unclear = find_unclear(times)
    if len(unclear) and not pa.types.is_timestamp(column.type):
        got, hint = f"{times[unclear[0]]}, which is hardly one", "convert it to timestamps"
        raise FeatureError(where, f"milliseconds since 1970 in column {name!r}", got, hint)
    return times


def _is_key(kind: pa.DataType) -> bool:
    import pyarrow as pa

    types = pa.types
    return is_text(kind) or bool(types.is_integer(kind) or types.is_floating(kind) or types.is_null(kind))


def _is_time(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_timestamp(kind) or pa.types.is_integer(kind))

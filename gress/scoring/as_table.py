"""A user's data as a table whose columns can be taken by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udfs.columns.typed_column import WHERE
from udfs.features.errors import FeatureError
from udfs.scoring.plain_columns import without_nan

_FORMS = "a pandas or polars frame, an Arrow table, arrays by name or a list of dicts"


def as_table(data: Any, names: Iterable[str]) -> Any:
    """Return data as a pandas frame, an Arrow table or columns by name.

    Args:
        data: one of these, or a list of dicts; or an object that hands out Arrow data, such as a polars frame.
        names: the columns that are wanted of dicts. One that a row lacks is absent there.

    Raises:
        FeatureError: the data are of another kind.
    """
    if isinstance(data, Mapping):
        single = next((name for name, values in data.items() if np.ndim(values) == 0), None)
        if single is not None:
            raise FeatureError(WHERE, _FORMS, f"a single value for {single!r}", "a row is a dict in a list: [{...}]")
        return {name: _column(str(name), values) for name, values in data.items()}
    if hasattr(data, "iloc") and hasattr(data, "columns"):
        if data.columns.nlevels > 1:
            raise FeatureError(WHERE, "columns with one name each", "columns of several levels", "join their names")
        _check_names(data.columns)
        return data
    if hasattr(data, "column_names") and hasattr(data, "schema"):
        _check_names(data.column_names)
        return data
    if hasattr(data, "__arrow_c_stream__") and not hasattr(data, "iloc"):
        return _of_arrow(data, names)
    if hasattr(data, "__dataframe__"):
        from pyarrow.interchange import from_dataframe

        return from_dataframe(data)
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _of_rows(data, names)
    raise FeatureError(WHERE, _FORMS, type(data).__name__, "convert it to one of them")


def _of_arrow(data: Any, names: Iterable[str]) -> Any:
    """Return the Arrow data of an object; columns of types that Arrow lacks are left out, unless they are wanted."""
    import pyarrow as pa

    try:
        return pa.table(data)
    except pa.ArrowException:
        if not hasattr(data, "columns") or not hasattr(data, "drop"):
            raise
    unread = [name for name in data.columns if not _is_read(data[name])]
    for name in names:
        if name in unread:
            raise FeatureError(WHERE, f"a type that Arrow has in column {name!r}", str(data[name].dtype), "cast it")
    return pa.table(data.drop(unread))


def _is_read(column: Any) -> bool:
    import pyarrow as pa

    try:
        pa.chunked_array(column)
    except pa.ArrowException:
        return False
    return True


def _of_rows(rows: Sequence[Any], names: Iterable[str]) -> dict[str, NDArray[Any]]:
    for wrong in rows:
        if not isinstance(wrong, Mapping):
            raise FeatureError(WHERE, "a list of dicts", f"one with {type(wrong).__name__} in it", "name each value")
    # A column that no row has is missing, and the nearest name is looked for among those that are there.
    there = dict.fromkeys(name for row in rows for name in row)
    wanted = dict.fromkeys(names) if not rows else there
    return {name: _array([row.get(name) for row in rows]) for name in wanted}


def _check_names(names: Iterable[Any]) -> None:
    doubles = [name for name, count in Counter(names).items() if count > 1]
    if doubles:
        raise FeatureError(WHERE, "columns of different names", f"several named {doubles[0]!r}", "rename or drop one")


def _column(name: str, values: Any) -> Any:
    """Return the column of an array or list; what an array's mask hides is absent."""
    if np.ndim(values) > 1 and not isinstance(values, list):
        shape = "x".join(map(str, np.shape(values)))
        raise FeatureError(WHERE, f"a value for each row in column {name!r}", f"an array of {shape}", "pass one column")
    if isinstance(values, np.ma.MaskedArray):
        hidden = np.broadcast_to(values.mask, values.shape).tolist()
        values = [None if is_hidden else value for value, is_hidden in zip(values.data.tolist(), hidden, strict=True)]
    if isinstance(values, np.ndarray) and values.dtype == object:
        return without_nan(values)
    return _array(values) if isinstance(values, list) else values


def _array(values: list[Any]) -> NDArray[Any]:
    """Return values as an array; those of several types stay objects, because numpy would turn them into texts."""
    if len({type(value) for value in values}) == 1 and isinstance(values[0], (bool, int, float)):
        return np.asarray(values)
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return without_nan(objects)

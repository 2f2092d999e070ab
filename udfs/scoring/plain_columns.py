"""Columns of a user's table as the arrays that features read.

Rules:
- Times become epoch milliseconds (``time_column`` has their rules), booleans 0 and 1, absent numbers and times NaN,
  absent texts None.
- Values of another type than their field's are refused, with the column and the first of them.
- An array that is so already stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from conf.nearest import suggest
from models.scoring.event_fields import EventFields
from udfs.columns.time_column import TimeColumn, time_column
from udfs.columns.typed_column import WHERE, of_type
from udfs.dead_letters import show_value
from udfs.features.errors import FeatureError
from udfs.parsing.units import UnclearTimeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AS_IT_IS = "fiuOM"


Wrong = dict[str, Mapping[int, object]]
"""Numbers that are no times of their field, by column and row."""


def plain_columns(
    table: Any, names: Iterable[str], fields: EventFields, wrong: Wrong | None = None
) -> dict[str, NDArray[Any]]:
    """Return the named columns of a mapping of arrays, a pandas DataFrame or an Arrow table; leave out missing ones.

    Args:
        table: the columns.
        names: those to return.
        fields: the fields' types; a column that is no field is a window, a number.
        wrong: gets the numbers that are no times of their field; None: one is refused.

    Raises:
        FeatureError: a column holds values of another type.
    """
    there = getattr(table, "column_names", table)
    return {name: _typed(table, name, fields, wrong) for name in names if name in there}


def _typed(table: Any, name: str, fields: EventFields, wrong: Wrong | None) -> NDArray[Any]:
    kind = fields.types.get(name, "double")
    if kind != "timestamp":
        return of_type(name, _plain(table[name]), kind)
    found = _times(table[name], name, fields)
    if found.wrong and wrong is None:
        row, value = next(iter(found.wrong.items()))
        number = value.value if isinstance(value, UnclearTimeError) else value
        got = f"{show_value(number)} in row {row}"
        raise FeatureError(WHERE, f"a time in column {name!r}", got, "say what it is in with the field's unit")
    if found.wrong and wrong is not None:
        wrong[name] = found.wrong
    return found.ms


def _times(column: Any, name: str, fields: EventFields) -> TimeColumn:
    return time_column(name, _plain(_exact_times(column)), fields.units.get(name, ""))


def check_lengths(columns: Mapping[str, NDArray[Any]]) -> None:
    """Refuse columns that differ in length.

    Raises:
        FeatureError: they do; the text has the length of each.
    """
    if len({len(values) for values in columns.values()}) > 1:
        got = ", ".join(f"{name} {len(values)}" for name, values in columns.items())
        raise FeatureError(WHERE, "columns of one length", got, "pass the rows of one batch")


def raw_columns(table: Any, needed: Iterable[str], more: Iterable[str], fields: EventFields) -> dict[str, NDArray[Any]]:
    """Return the columns that a model reads raw; whole numbers stay exact where some are absent.

    Args:
        table: a mapping of arrays, a pandas DataFrame or an Arrow table.
        needed: names of columns that must be there.
        more: names of columns to return if they are there.
        fields: the fields' types.

    Raises:
        FeatureError: a needed column is missing, or one of text holds something else.
    """
    there = getattr(table, "column_names", table)
    found = {}
    for name in dict.fromkeys((*needed, *more)):
        if name in there:
            found[name] = _raw(name, table[name], fields)
        elif name in needed:
            hint = suggest(name, there) or "give the table the field of this name"
            raise FeatureError(WHERE, f"raw column {name!r}", "none", hint)
    return found


def _raw(name: str, column: Any, fields: EventFields) -> NDArray[Any]:
    import pandas as pd

    kind = fields.types.get(name, "")
    if kind == "timestamp":
        return _times(column, name, fields).ms
    values = _plain(_exact(column) if kind == "long" else column)
    if values.dtype == object:
        values = without_nan(values)
    seen = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "string" and len(values) and seen not in ("string", "empty"):
        raise FeatureError(WHERE, f"text in raw column {name!r}", seen, "convert it to text as for the training")
    return values


def _exact(column: Any) -> Any:
    """Return a column of whole numbers in a form whose way to numpy does not lead through floats."""
    if hasattr(column, "null_count"):
        return np.array(column.to_pylist(), dtype=object) if column.null_count else column
    dtype = getattr(column, "dtype", None)
    if dtype is None or isinstance(dtype, np.dtype) or not hasattr(column, "isna") or dtype.kind not in "iu":
        return column
    return column.to_numpy(dtype=object, na_value=None) if column.isna().any() else column.to_numpy(dtype=np.int64)


def _exact_times(column: Any) -> Any:
    """Return a column whose whole numbers are exact, however many digits they have."""
    kind = str(getattr(column, "type", "")) if hasattr(column, "null_count") else ""
    is_pandas = hasattr(column, "iloc") and not isinstance(column.dtype, np.dtype)
    return _exact(column) if kind.startswith(("int", "uint")) or is_pandas else column


def _plain(column: Any) -> NDArray[Any]:
    if type(column) is np.ndarray:
        return column if column.dtype.kind in _AS_IT_IS else _of_kind(column)
    # Not every attribute is asked for at once: pandas takes long to say that a series has none of a name.
    is_series = hasattr(column, "iloc")
    if not is_series and hasattr(column, "to_pandas"):
        is_coded = hasattr(getattr(column, "type", None), "index_type")
        column, is_series = (_decoded(column), False) if is_coded else (column.to_pandas(), True)
    values = _of_kind(_of_series(column) if is_series else np.asarray(column))
    return without_nan(values) if values.dtype == object else values


def _decoded(column: Any) -> NDArray[Any]:
    """Return the values of an Arrow column's codes: pandas does not take codes of every type."""
    import pyarrow as pa

    parts = [np.empty(0, dtype=object)]
    for chunk in getattr(column, "chunks", [column]):
        # The last value is that of the code -1.
        values = np.array([*chunk.dictionary.to_pylist(), None], dtype=object)
        parts.append(values[chunk.indices.cast(pa.int64()).fill_null(-1).to_numpy()])
    return np.concatenate(parts)


def _of_series(series: Any) -> NDArray[Any]:
    """Return the values of a pandas Series; a zone is only a way to write the same moment."""
    dtype = series.dtype
    if not isinstance(dtype, np.dtype):
        if getattr(dtype, "tz", None) is not None:
            series = series.dt.tz_convert(None)
        elif dtype.kind in "iufb":
            return np.asarray(series.to_numpy("float64", na_value=np.nan))
    return np.asarray(series.to_numpy())


def _of_kind(values: NDArray[Any]) -> NDArray[Any]:
    kind = values.dtype.kind
    if kind == "b":
        return values.astype(np.float64)
    return values.astype(object) if kind == "U" else values


def without_nan(values: NDArray[Any]) -> NDArray[Any]:
    """Return objects with None in the place of each value that pandas counts as absent: NaN, NaT and NA."""
    import pandas as pd

    is_absent = np.asarray(pd.isna(values))
    if is_absent.any():
        values = values.copy()
        values[is_absent] = None
    return values

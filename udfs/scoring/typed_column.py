"""A column of a user's table in the type of its field."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from udfs.dead_letters import show_value
from udfs.features.errors import FeatureError

WHERE = "table for the model"
"""The subject of errors in a user's table."""


def of_type(name: str, values: NDArray[Any], kind: str) -> NDArray[Any]:
    """Return a column as features read a field of its type.

    Args:
        name: of the column.
        values: (n,) numbers, or objects without NaN: texts, times, None for absent ones.
        kind: type of the field, such as ``double`` or ``string``.

    Returns:
        Text as objects, all else as numbers, NaN where absent; the same array where it is so already.

    Raises:
        FeatureError: a value is of another type; the text has the column, the value and its row.

    Example:
        >>> of_type("amount", np.array([1, None], dtype=object), "double")
        array([ 1., nan])
    """
    if values.dtype.kind not in "fiuO":
        got = f"values of type {values.dtype}"
        raise FeatureError(WHERE, f"numbers, texts or times in column {name!r}", got, "convert the column")
    if kind == "string":
        return values if values.dtype == object else _texts(name, values)
    if values.dtype != object:
        return values
    return _times(name, values) if kind == "timestamp" else _numbers(name, values)


def _texts(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Return a column without any value as one of absent texts: it has the type of numbers."""
    is_absent = np.isnan(values)
    if not is_absent.all():
        _refuse(name, values, int(np.argmin(is_absent)), "text")
    return np.full(len(values), None, dtype=object)


def _numbers(name: str, values: NDArray[Any]) -> NDArray[Any]:
    wrong = next((row for row, value in enumerate(values) if isinstance(value, str | bytes)), None)
    if wrong is None:
        try:
            return values.astype(np.float64)
        except (OverflowError, TypeError, ValueError):
            wrong = next(row for row, value in enumerate(values) if not _is_number(value))
    _refuse(name, values, wrong, "a number")


def _is_number(value: Any) -> bool:
    try:
        return value is None or isinstance(float(value), float)
    except (OverflowError, TypeError, ValueError):
        return False


def _times(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Return epoch milliseconds of numbers, of datetimes and of ISO 8601 texts, which are in UTC without a zone."""
    import pandas as pd

    if pd.api.types.infer_dtype(values, skipna=True) in ("integer", "floating", "mixed-integer-float", "empty"):
        return values.astype(np.float64)
    found = pd.to_datetime(pd.Series(values), format="ISO8601", utc=True, errors="coerce")
    wrong = np.flatnonzero(found.isna().to_numpy() & ~pd.isna(values))
    if len(wrong):
        _refuse(name, values, int(wrong[0]), "a time")
    times = found.dt.tz_convert(None).to_numpy().astype("datetime64[ms]").astype(np.int64).astype(np.float64)
    return np.where(found.isna().to_numpy(), np.nan, times)


def _refuse(name: str, values: NDArray[Any], row: int, expected: str) -> NoReturn:
    got = f"{show_value(values[row])} in row {row}"
    raise FeatureError(WHERE, f"{expected} in column {name!r}", got, "convert the column as for the training")

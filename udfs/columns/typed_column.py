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
        values: (n,) numbers, or objects without NaN: texts, numbers, None for absent ones.
        kind: type of the field, such as ``double`` or ``string``; times have ``time_column``.

    Returns:
        Text as objects, all else as numbers, NaN where absent; the same array where it is so already.

    Raises:
        FeatureError: a value is of another type; the text has the column, the value and its row.

    Example:
        >>> of_type("amount", np.array([1, None], dtype=object), "double")
        array([ 1., nan])
    """
    if values.dtype.kind == "M":
        wanted = "texts" if kind == "string" else "numbers"
        fix = "only a field of type timestamp has times; give the part of them that is meant, such as the hour"
        raise FeatureError(WHERE, f"{wanted} in column {name!r}", "times", fix)
    if values.dtype.kind not in "fiuO":
        refuse_type(name, values)
    if kind == "string":
        return _texts(name, values)
    if values.dtype != object:
        return values
    return _numbers(name, values)


def _texts(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Return a column of texts; one without any value may have the type of numbers."""
    import pandas as pd

    if values.dtype == object:
        if pd.api.types.infer_dtype(values, skipna=True) not in ("string", "empty"):
            others = (row for row, value in enumerate(values) if value is not None and not isinstance(value, str))
            refuse_value(name, values, next(others), "text")
        return values
    is_absent = np.isnan(values)
    if not is_absent.all():
        refuse_value(name, values, int(np.argmin(is_absent)), "text")
    return np.full(len(values), None, dtype=object)


def _numbers(name: str, values: NDArray[Any]) -> NDArray[Any]:
    # NumPy takes a list of one number for that number.
    wrong = next((row for row, value in enumerate(values) if isinstance(value, str | bytes | list | np.ndarray)), None)
    if wrong is None:
        try:
            return values.astype(np.float64)
        except (OverflowError, TypeError, ValueError):
            wrong = next(row for row, value in enumerate(values) if not _is_number(value))
    refuse_value(name, values, wrong, "a number")


def _is_number(value: Any) -> bool:
    try:
        return value is None or isinstance(float(value), float)
    except (OverflowError, TypeError, ValueError):
        return False


def refuse_type(name: str, values: NDArray[Any]) -> NoReturn:
    """Refuse a column for the type of all its values.

    Raises:
        FeatureError: always; the text has the column and the type.
    """
    got = f"values of type {values.dtype}"
    raise FeatureError(WHERE, f"numbers, texts or times in column {name!r}", got, "convert the column")


def refuse_value(name: str, values: NDArray[Any], row: int, expected: str) -> NoReturn:
    """Refuse a column for a value in it.

    Raises:
        FeatureError: always; the text has the column, the value and its row.
    """
    got = f"{show_value(values[row])} in row {row}"
    raise FeatureError(WHERE, f"{expected} in column {name!r}", got, "convert the column as for the training")

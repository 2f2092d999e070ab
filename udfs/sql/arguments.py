"""Arguments of a call as columns by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from conf.nearest import suggest
from udfs.features.errors import FeatureError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNNAMED = re.compile(r"(?:EXPR\$|f)\d+")


def bound_columns(where: str, names: Sequence[str], arguments: Sequence[Any]) -> dict[str, Any]:
    """Return the columns that a call gives.

    Args:
        where: subject of errors, such as ``gress_predict('fraud')``.
        names: of the columns that are expected, in their order.
        arguments: the call's arguments in this order: pandas Series or arrays, or single values for literals. Or one
            DataFrame, whose columns go by their names; a ROW is one.

    Returns:
        Arrays and pandas Series of one length, by name.

    Raises:
        FeatureError: columns are missing or left over, or all arguments are literals.
    """
    first = arguments[0] if arguments else None
    if len(arguments) == 1 and hasattr(first, "columns"):
        return _of_row(where, names, first)
    if len(arguments) == 1 and len(names) > 1 and _is_null_row(first):
        return dict.fromkeys(names, first)
    if len(arguments) != len(names):
        raise FeatureError(where, _counted(names), str(len(arguments)), _difference(names, len(arguments)))
    return _of_values(where, names, arguments)


def _of_row(where: str, names: Sequence[str], row: Any) -> dict[str, Any]:
    there = list(map(str, row.columns))
    if go_by_place(there, names):
        return bound_columns(where, names, [row[name] for name in row.columns])
    for name in names:
        if name not in there:
            hint = suggest(name, there) or f"name the fields, as in CAST(ROW(...) AS ROW<{name} DOUBLE>)"
            raise FeatureError(where, f"field {name!r} in the row", ", ".join(there), hint)
    return {name: _column(row[name]) for name in names}


def go_by_place(fields: Collection[str], names: Collection[str]) -> bool:
    """Return whether the fields of a row are columns by their places, as Flink has named them, in ``ROW(a, b)``.

    >>> go_by_place(["EXPR$0", "EXPR$1"], ["amount", "size"]), go_by_place(["f0", "f1"], ["f1"])
    (True, False)
    """
    return all(_UNNAMED.fullmatch(name) for name in fields) and not set(names) <= set(fields)


def _of_values(where: str, names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    size = next((len(value) for value in values if _is_column(value)), None)
    if size is None and values:
        hint = "read at least one of them from a table"
        raise FeatureError(where, "a column among the arguments", "literals alone", hint)
    rows = size or 0
    return {
        name: _column(value) if _is_column(value) else _repeated(value, rows)
        for name, value in zip(names, values, strict=True)
    }


def _is_column(value: Any) -> bool:
    return isinstance(value, np.ndarray) or hasattr(value, "iloc")


def _is_null_row(value: Any) -> bool:
    """Return whether a value is the NULL of a single row, which does not show its fields."""
    return isinstance(value, np.ndarray) and value.dtype == object and value.tolist() == [None]


def _column(values: Any) -> Any:
    """Return a column whose decimals are numbers, which models compute with."""
    if values.dtype != object:
        return values
    first = next((value for value in values if value is not None), None)
    return values.astype(np.float64) if isinstance(first, Decimal) else values


def _repeated(value: Any, size: int) -> NDArray[Any]:
    if isinstance(value, bool | int | float | Decimal):
        return np.full(size, float(value))
    column = np.empty(size, dtype=object)
    column[:] = [value] * size
    return column


def _counted(names: Sequence[str]) -> str:
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"{len(names)} column{'s' * (len(names) != 1)} ({listed})"


def _difference(names: Sequence[str], given: int) -> str:
    if given < len(names):
        return f"the first that is missing is {names[given]!r}"
    return "leave out the last, or give one ROW with named fields"


def described(value: object) -> str:
    """Return words for a value that should be a text in quotes.

    >>> described(None), described(3)
    ('NULL', 'int')
    """
    if value is None:
        return "NULL"
    return "a column" if hasattr(value, "dtype") else type(value).__name__

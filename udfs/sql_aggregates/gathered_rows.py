"""Rows that ``ARRAY_AGG(ROW(...))`` gathered, as columns of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udfs.features.errors import FeatureError


def gathered_rows(where: str, names: Sequence[str], rows: Sequence[Any] | None) -> NDArray[np.float64]:
    """Return the rows of one group as a matrix; a NULL is NaN.

    Args:
        where: subject of errors, such as ``gress_evaluate``.
        names: of the fields of a row, in their order.
        rows: the fields of each row; None: the group is NULL.

    Returns:
        Numbers, (rows, names).

    Raises:
        FeatureError: these are no rows, there are more or fewer fields, or one is no number.

    Example:
        >>> gathered_rows("f", ("label", "prediction"), [(1, 0.5), (None, True), None]).tolist()
        [[1.0, 0.5], [nan, 1.0], [nan, nan]]
    """
    if rows is None or not len(rows):
        return np.empty((0, len(names)))
    refuse_values(where, rows)
    missing = (None,) * len(names)
    plain = [missing if row is None else tuple(row) for row in rows]
    width = next((len(row) for row in plain if len(row) != len(names)), None)
    if width is not None:
        expected = f"rows of {len(names)} fields ({', '.join(names)})"
        raise FeatureError(where, expected, f"one of {width}", "gather ARRAY_AGG(ROW(...)) of these, in this order")
    try:
        return np.array(plain, np.float64)
    except (TypeError, ValueError):
        name, wrong = _first_wrong(names, plain)
        hint = "CAST it to DOUBLE before it is gathered"
        raise FeatureError(where, f"numbers for {name!r}", type(wrong).__name__, hint) from None


def refuse_values(where: str, rows: Sequence[Any]) -> None:
    """Refuse a group of single values, as ``ARRAY_AGG(a)`` gathers them.

    Raises:
        FeatureError: one of them is no row.
    """
    there = (row for row in rows if row is not None)
    wrong = next((row for row in there if isinstance(row, str) or not isinstance(row, Iterable)), None)
    if wrong is not None:
        raise FeatureError(where, "rows", type(wrong).__name__, "gather them as ARRAY_AGG(ROW(...))")


def _first_wrong(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> tuple[str, Any]:
    for row in rows:
        for name, value in zip(names, row, strict=True):
            try:
                np.array(value, np.float64)
            except (TypeError, ValueError):
                return name, value
    return names[0], rows

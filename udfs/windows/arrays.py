"""Rows as arrays, one a column: the form in which a function returns several rows for one, for SQL to take apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from state.sql import SqlColumns, identifier

PART: SqlColumns = (("__part", "BYTES"),)
"""A part with its windows."""

INDEX = "__index"
"""Array of the places 1 to n of a part's rows in the other arrays."""

PLACE = "__place"
"""A row's place, where SQL has taken the index apart."""

_WIDTH = "__width_"


def array_columns(rows: SqlColumns) -> SqlColumns:
    """Return the columns that hold rows as arrays: index, columns, and the length of each row's own arrays."""
    listed = ((name, kind if _is_array(kind) else f"ARRAY<{kind}>") for name, kind in rows)
    return (INDEX, "ARRAY<INT>"), *listed, *((f"{_WIDTH}{name}", "INT") for name, kind in rows if _is_array(kind))


def arrays(rows: SqlColumns, values: Mapping[str, Any], size: int) -> dict[str, Any]:
    """Return the values of ``array_columns`` for some rows; a row's own arrays lie end to end in one."""
    made: dict[str, Any] = {INDEX: np.arange(1, size + 1, dtype=np.int32)}
    for name, kind in rows:
        if not _is_array(kind):
            made[name] = _array(np.asarray(values[name]), kind)
            continue
        width = max((len(value) for value in values[name] if value is not None), default=0)
        missing = np.full(width, np.nan)
        lists = [missing if value is None else value for value in values[name]]
        made[name] = np.concatenate(lists) if width else None
        made[f"{_WIDTH}{name}"] = width
    return made


def row_expressions(rows: SqlColumns) -> list[str]:
    """Return SQL for each column of the row at ``__place``."""
    place = identifier(PLACE)
    listed = []
    for name, kind in rows:
        array = identifier(name)
        if _is_array(kind):
            width = identifier(f"{_WIDTH}{name}")
            part = f"ARRAY_SLICE({array}, ({place} - 1) * {width} + 1, {place} * {width})"
            listed.append(f"CASE WHEN {width} > 0 THEN {part} END AS {array}")
        else:
            listed.append(f"{array}[{place}] AS {array}")
    return listed


def of_objects(values: list[Any]) -> Any:
    """Return a column of objects, whatever they are."""
    made = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        made[i] = value
    return made


def _array(column: NDArray[Any], kind: str) -> Any:
    """Return the values of a column as an array that converts to Arrow; NaN is NULL."""
    if column.dtype.kind != "f":
        return np.ascontiguousarray(column)
    missing = np.isnan(column)
    if kind == "DOUBLE" and not missing.any():
        return np.ascontiguousarray(column)
    # A whole number comes as a double where others are NULL.
    filled = (column if kind == "DOUBLE" else np.where(missing, 0, column).astype(np.int64)).astype(object)
    filled[missing] = None
    return filled


def _is_array(kind: str) -> bool:
    return kind.startswith("ARRAY")

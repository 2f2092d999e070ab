"""The shape of every batch computation that an engine's adapter can run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

SqlColumns = tuple[tuple[str, str], ...]
Columns = Mapping[str, NDArray[Any]]

_NUMERIC = {"BIGINT": np.int64, "DOUBLE": np.float64}


class VectorFunction(Protocol):
    """A picklable description until ``open``; then a function of whole columns.

    Attributes:
        inputs: name and SQL type of each argument, in order.
        outputs: name and SQL type of each field of the result row, in order.
    """

    @property
    def inputs(self) -> SqlColumns:
        """Name and SQL type of each argument."""
        ...

    @property
    def outputs(self) -> SqlColumns:
        """Name and SQL type of each field of the result row."""
        ...

    def open(self) -> None:
        """Build what cannot be shipped: feature sets, sessions, parsers."""
        ...

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Return one sequence of as many values as there are rows for each of ``outputs``."""
        ...

    def close(self) -> None:
        """Free what ``open`` built."""
        ...


def row_type(columns: SqlColumns) -> str:
    """Return the SQL type of a row of these columns.

    >>> row_type((("reason", "STRING"), ("p", "DOUBLE")))
    'ROW<`reason` STRING, `p` DOUBLE>'
    """
    return f"ROW<{', '.join(f'`{name}` {kind}' for name, kind in columns)}>"


def single_value(value: Any, kind: str) -> NDArray[Any]:
    """Return the column of one row that holds a value as SQL gives it; None is NaN in a number column."""
    if kind not in _NUMERIC:
        column = np.empty(1, dtype=object)
        column[0] = value
        return column
    if value is None:
        return np.full(1, np.nan)
    return np.array([value], dtype=_NUMERIC[kind])

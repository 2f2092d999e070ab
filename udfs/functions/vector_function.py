"""The shape of every batch computation that an engine's adapter can run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from state.sql import SqlColumns, definitions

Columns = Mapping[str, NDArray[Any]]
NO_COLUMNS: Columns = MappingProxyType({})

_NUMERIC = {"BIGINT": np.int64, "DOUBLE": np.float64}


class VectorFunction(Protocol):
    """A picklable description until ``open``; then a function of whole columns.

    The contract of a function and its caller:

    - Threads: an object is opened, run and closed by one operator, whose calls come one after the other, not always on
      one thread. Several operators of a process each have an object of their own, and may run at once: what objects
      share (models, metrics, logs) is safe for threads.
    - Reuse: after ``open`` it runs any number of batches of any size, 0 included. After ``close`` it is not run
      again. ``close`` may be called where ``open`` failed.
    - Mutation: it writes to no column that it is given, and keeps none past the call. What it returns may be its
      arguments, views of them, or one value repeated; its caller only reads that, before the next call.
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


class ExactFunction(VectorFunction, Protocol):
    """A vector function that takes integer columns with nulls a second time, as objects, exact beyond 2**53."""

    def run(self, columns: Columns, exact: Columns = NO_COLUMNS) -> Mapping[str, Sequence[Any]]:
        """Do as for columns alone; values of ``exact`` count where the columns' own would be rounded."""
        ...


def row_type(columns: SqlColumns) -> str:
    """Return the SQL type of a row of these columns.

    >>> row_type((("reason", "STRING"), ("p", "DOUBLE")))
    'ROW<`reason` STRING, `p` DOUBLE>'
    """
    return f"ROW<{definitions(columns)}>"


def single_value(value: Any, kind: str) -> NDArray[Any]:
    """Return the column of one row that holds a value as SQL gives it; None is NaN in a number column."""
    if kind not in _NUMERIC:
        column = np.empty(1, dtype=object)
        column[0] = value
        return column
    if value is None:
        return np.full(1, np.nan)
    return np.array([value], dtype=_NUMERIC[kind])

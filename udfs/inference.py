"""PyFlink adapters of the vector functions: whole Arrow batches in worker processes, or single rows inside the JVM."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pyflink.common import Row
from pyflink.table import FunctionContext
from pyflink.table.udf import ScalarFunction, udf

from udfs.columns.coded import Coded
from udfs.columns.repeated import is_repeated
from udfs.functions.vector_function import VectorFunction, row_type, single_value
from udfs.garbage import spare_loaded_objects
from udfs.pieces.pieces import Pieces

if TYPE_CHECKING:
    import pandas as pd

_SWITCH_INTERVAL_S = 0.0005


class _Adapter(ScalarFunction):
    def __init__(self, function: VectorFunction) -> None:
        self._function = function

    def is_deterministic(self) -> bool:
        # False keeps the planner from running the function again for each column of its row.
        return False

    def open(self, function_context: FunctionContext) -> None:
        self._function.open()

    def close(self) -> None:
        self._function.close()


class BatchAdapter(_Adapter):
    """A pandas UDF that runs a vector function on Arrow batches."""

    def eval(self, *arguments: pd.Series) -> pd.DataFrame:
        """Return one row of results for each row of arguments, in order."""
        import pandas as pd

        size = len(arguments[0])
        columns = {
            name: argument.to_numpy() for (name, _), argument in zip(self._function.inputs, arguments, strict=True)
        }
        results = self._function.run(columns)
        names = [name for name, _ in self._function.outputs]
        # PyFlink does not check lengths: a short column would pair rows with other rows' answers.
        lengths = {name: len(results[name]) for name in names}
        if set(lengths.values()) - {size}:
            msg = f"{type(self._function).__name__}: expected {size} values in each column, got {lengths}"
            raise ValueError(msg)
        compact = {name: _compact(results[name], kind) for name, kind in self._function.outputs}
        return pd.DataFrame(compact, copy=False)


class RowAdapter(_Adapter):
    """A general UDF that runs a vector function on single rows, for thread mode."""

    def open(self, function_context: FunctionContext) -> None:
        """Open the function, make threads switch more often, and the collector stop them for less long."""
        # By default a row waits up to 5 ms, ten times its own time, for a thread that loads the next model.
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        super().open(function_context)
        spare_loaded_objects()

    def eval(self, *arguments: Any) -> Row:
        """Return the row of results for one row of arguments."""
        columns = {
            name: single_value(argument, kind)
            for (name, kind), argument in zip(self._function.inputs, arguments, strict=True)
        }
        results = self._function.run(columns)
        return Row(*[_plain(results[name][0], kind) for name, kind in self._function.outputs])


class PieceAdapter(ScalarFunction):
    """A pandas UDF that reads pieces: a number in, its lines out, with a character of Latin-1 for each of their bytes.

    Text of lines may be no UTF-8.
    """

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    def is_deterministic(self) -> bool:
        """Return False, because files may change."""
        return False

    def eval(self, numbers: pd.Series) -> pd.Series:
        """Return the lines of each piece."""
        import pandas as pd

        lines = pd.Series([None] * len(numbers), dtype=object)
        for index, number in enumerate(numbers):
            lines[index] = [line.decode("latin-1") for line in self._pieces.read(int(number))]
        return lines


def as_piece_udf(pieces: Pieces) -> Any:
    """Return a reader of pieces as a function to register."""
    return udf(PieceAdapter(pieces), result_type="ARRAY<STRING>", func_type="pandas", deterministic=False)


def as_udf(function: VectorFunction, profile: Literal["throughput", "latency"]) -> Any:
    """Return a function to register with a table environment.

    Args:
        function: vector function to run; must be picklable.
        profile: ``throughput`` runs it on batches, ``latency`` on rows.
    """
    result = row_type(function.outputs)
    if profile == "latency":
        return udf(RowAdapter(function), result_type=result, deterministic=False)
    return udf(BatchAdapter(function), result_type=result, func_type="pandas", deterministic=False)


def _compact(column: Any, kind: str) -> Any:
    """Return a column of one repeated value in the form that converts to Arrow fastest: bytes, or NaN for None."""
    if isinstance(column, Coded):
        return np.asarray(column)
    if kind.startswith("ARRAY") or not is_repeated(column):
        return column
    value = column[0]
    if value is None:
        return np.full(len(column), np.nan)
    if not isinstance(value, str):
        return np.full(len(column), value)
    # numpy drops a final NUL of bytes, and turns an empty text into a NUL.
    return column if not value or value.endswith("\0") else np.full(len(column), value.encode())


def _plain(value: Any, kind: str) -> Any:
    if value is None and kind.startswith("ARRAY"):
        # Thread mode cannot return a NULL array.
        return []
    if isinstance(value, np.ndarray):
        return value.tolist()
    value = value.item() if isinstance(value, np.generic) else value
    # NULL, as in the batches of a pandas UDF.
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124

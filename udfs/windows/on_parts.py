"""Functions of columns on the rows of parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from state.sql import SqlColumns
from udfs.functions.vector_function import Columns, ExactFunction
from udfs.windows.arrays import PART, array_columns, arrays, of_objects
from udfs.windows.parts import PartFormat


@dataclass
class OnParts:
    """A function that runs another on the rows of each part; all rows come out, as arrays.

    Args:
        function: function to run.
        columns: columns of a part.
        keep: those that come out beside the function's outputs.
    """

    function: ExactFunction
    columns: SqlColumns
    keep: SqlColumns

    @property
    def inputs(self) -> SqlColumns:
        """The part."""
        return PART

    @property
    def rows(self) -> SqlColumns:
        """Name and SQL type of each column of a row that comes out."""
        return *self.keep, *self.function.outputs

    @property
    def outputs(self) -> SqlColumns:
        """The rows as arrays."""
        return array_columns(self.rows)

    def open(self) -> None:
        """Open the function."""
        self.function.open()
        self._format = PartFormat(self.columns)

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Run the function on each part."""
        made = [self._run(part) for part in columns["__part"]]
        return {name: of_objects([found[name] for found in made]) for name, _ in self.outputs}

    def close(self) -> None:
        """Close the function."""
        self.function.close()

    def _run(self, part: bytes) -> dict[str, Any]:
        block = self._format.decode(part)
        given, exact = self._format.arrays(block), self._format.exact(block)
        return arrays(self.rows, {**given, **exact, **self.function.run(given, exact)}, len(block))

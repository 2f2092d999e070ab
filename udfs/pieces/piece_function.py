"""The shape that functions of pieces share: numbers of pieces in, what comes of each piece out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from state.sql import SqlColumns
from udfs.functions.vector_function import Columns
from udfs.pieces.pieces import PIECE, Pieces
from udfs.pieces.slices import line_slices
from udfs.windows.arrays import of_objects


class PieceFunction(ABC):
    """A function that reads pieces, in slices of at most a batch.

    Attributes:
        pieces: the input.
        batch_rows: most rows of a slice.
    """

    pieces: Pieces
    batch_rows: int

    @property
    def inputs(self) -> SqlColumns:
        """The number of the piece."""
        return PIECE

    @property
    @abstractmethod
    def outputs(self) -> SqlColumns:
        """Name and SQL type of what comes of a piece."""

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Read each piece and return what comes of it."""
        made = [self._of_piece(self._slices(int(number))) for number in columns["__piece"]]
        return {name: of_objects([found[name] for found in made]) for name, _ in self.outputs}

    @abstractmethod
    def _of_piece(self, slices: Iterator[Sequence[bytes]]) -> dict[str, Any]:
        """Return what comes of the lines of a piece."""

    def _slices(self, number: int) -> Iterator[Sequence[bytes]]:
        return line_slices(self.pieces.read(number), self.batch_rows)

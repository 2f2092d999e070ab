"""The shape that functions of pieces share: numbers of pieces in, what comes of each piece out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from state.sql import SqlColumns
from udfs.functions.vector_function import Columns
from udfs.pieces.pieces import PIECE, Pieces
from udfs.windows.arrays import of_objects


class PieceFunction(ABC):
    """A function that reads pieces.

    Attributes:
        pieces: the input.
    """

    pieces: Pieces

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
        made = [self._of_piece(self.pieces.read(int(number))) for number in columns["__piece"]]
        return {name: of_objects([found[name] for found in made]) for name, _ in self.outputs}

    @abstractmethod
    def _of_piece(self, lines: Sequence[bytes]) -> dict[str, Any]:
        """Return what comes of the lines of a piece, of which there may be none."""

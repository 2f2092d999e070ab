"""Pieces to parts: the worker reads a piece and deals its events out by the shards of the first key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from state.sql import SqlColumns
from udfs.pieces.piece_function import PieceFunction
from udfs.pieces.pieces import Pieces
from udfs.windows.arrays import array_columns, arrays
from udfs.windows.pack_lines import PACKED_COLUMNS, PackLines


@dataclass
class PackPieces(PieceFunction):
    """A function that packs the events of a piece into parts, a part a shard.

    Args:
        pack: packs lines.
        pieces: the input, which one task reads in order.
    """

    pack: PackLines
    pieces: Pieces

    @property
    def rows(self) -> SqlColumns:
        """Name and SQL type of each column of a dead letter."""
        return self.pack.letters

    @property
    def outputs(self) -> SqlColumns:
        """The parts of a piece and the time of its latest event, then its dead letters as arrays."""
        return *PACKED_COLUMNS, *array_columns(self.rows)

    def open(self) -> None:
        """Build the parser."""
        self.pack.open()

    def close(self) -> None:
        """Close the parser."""
        self.pack.close()

    def _of_piece(self, lines: Sequence[bytes]) -> dict[str, Any]:
        packed = self.pack.pack(lines)
        return {
            "__parts": packed.parts or None,
            "__newest": packed.newest,
            **arrays(self.rows, packed.letters, len(packed.bad)),
        }

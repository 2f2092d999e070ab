"""Pieces to parts: the worker reads a piece and deals its events out by the shards of the first key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from state.sql import SqlColumns
from udfs.pieces.piece_function import PieceFunction
from udfs.pieces.pieces import Pieces
from udfs.windows.arrays import array_columns, arrays, of_objects
from udfs.windows.pack_lines import PACKED_COLUMNS, PackLines


@dataclass
class PackPieces(PieceFunction):
    """A function that packs the events of a piece into parts.

    Args:
        pack: packs lines.
        pieces: the input, which one task reads in order.
        batch_rows: most rows of the parts of one batch.
    """

    pack: PackLines
    pieces: Pieces
    batch_rows: int

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

    def _of_piece(self, slices: Iterator[Sequence[bytes]]) -> dict[str, Any]:
        packed = [self.pack.pack(lines) for lines in slices]
        parts = [part for each in packed for part in each.parts or ()]
        letters = {
            name: np.concatenate([of_objects([]), *(each.letters[name] for each in packed)]) for name, _ in self.rows
        }
        return {
            "__parts": parts or None,
            "__newest": max((each.newest for each in packed if each.newest is not None), default=None),
            **arrays(self.rows, letters, sum(len(each.bad) for each in packed)),
        }

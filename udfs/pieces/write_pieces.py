"""Scoring of pieces to lines: the worker reads a piece, scores it and writes the predictions as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from state.sql import SqlColumns
from udfs.columns.repeated import repeated
from udfs.functions.write_lines import BLOCK_COLUMNS, WriteLines
from udfs.pieces.piece_function import PieceFunction
from udfs.pieces.pieces import Pieces
from udfs.pieces.slices import line_slices
from udfs.windows.arrays import array_columns, arrays, of_objects


@dataclass
class WritePieces(PieceFunction):
    """A function that scores the lines of a piece and formats the predictions.

    Args:
        write: scores and formats lines.
        pieces: the input.
        batch_rows: most lines that are scored at once.
    """

    write: WriteLines
    pieces: Pieces
    batch_rows: int

    @property
    def rows(self) -> SqlColumns:
        """Name and SQL type of each column of a dead letter, or of a batch's values for other steps."""
        blocks = dict(BLOCK_COLUMNS)
        return tuple(column for column in self.write.outputs if column[0] not in blocks)

    @property
    def outputs(self) -> SqlColumns:
        """The blocks of a piece, and its dead letters and values for other steps as arrays."""
        return *BLOCK_COLUMNS, *array_columns(self.rows)

    def open(self) -> None:
        """Load the model and build the parser."""
        self.write.open()

    def close(self) -> None:
        """Let the model go."""
        self.write.close()

    def _of_piece(self, lines: Sequence[bytes]) -> dict[str, Any]:
        written = [self.write.write(each) for each in line_slices(lines, self.batch_rows)]
        sides = [each.sides for each in written if any(value is not None for value in each.sides.values())]
        letters = sum(len(each.bad) for each in written)
        nothing = [None] * letters
        rows = {
            **{name: _column([each.letters[name] for each in written], len(sides)) for name, _ in self.write.letters},
            **{name: of_objects([*nothing, *(each[name] for each in sides)]) for name, _ in self.write.sides},
        }
        return {
            "__predictions": _joined(each.predictions for each in written),
            "__alerts": _joined(each.alerts for each in written),
            **arrays(self.rows, rows, letters + len(sides)),
        }


def _column(parts: Sequence[NDArray[Any]], more: int) -> NDArray[np.object_]:
    """Return the values of all parts, then None so many times more."""
    return np.concatenate([*parts, repeated(None, more)])


def _joined(found: Iterable[bytes | None]) -> bytes | None:
    """Return blocks of lines as one; None: there are none."""
    return b"\n".join(block for block in found if block is not None) or None

"""Ids of predictions that have left, remembered for a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from state.labels.packed_rows import TIME, Id, PackedRows, RowShape
from state.labels.saved_rows import PieceStore, SavedRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

MATCHED, EXPIRED = -1, -2
"""Verdicts: how a prediction left."""


class SettledIds:
    """The remembered ids of a shard, exact ones and no hashes, so that no other id is taken for one of them.

    Args:
        kind: number of their kind among the shard's pieces.
        predictions: shape of a prediction.
        numbers: numbers for pieces.

    Attributes:
        saved: a row an id; its time is that until which it is remembered, and its last number is its verdict.
    """

    def __init__(self, kind: int, predictions: RowShape, numbers: Iterator[int]) -> None:
        self._id_column = predictions.id_column
        shape = RowShape(3, 1, None) if predictions.id_column is None else RowShape(4, 0, 2)
        self.saved = SavedRows(kind, shape, numbers)

    def add(self, store: PieceStore, predictions: PackedRows, until: NDArray[np.int64], verdict: int) -> None:
        """Remember the ids of predictions until a time of each."""
        numbers = np.zeros((len(predictions), self.saved.shape.numbers), np.int64)
        numbers[:, TIME] = until
        numbers[:, -1] = verdict
        if self._id_column is not None:
            numbers[:, self.saved.shape.id_column] = predictions.numbers[:, self._id_column]
        texts = self.saved.shape.texts
        self.saved.add(store, PackedRows(numbers, predictions.lengths[:, :texts], predictions.data[:texts]), until)

    def forget(self, watermark: int) -> list[Id]:
        """Return the ids that a watermark lets go."""
        slots = self.saved.table.due(watermark)
        if not len(slots):
            return []
        ids = self.saved.shape.ids(self.saved.table.take(slots))
        self.saved.drop(slots)
        return ids

    def verdicts(self) -> dict[Id, int]:
        """Return the verdict of each id."""
        rows = self.saved.table.take(self.saved.table.slots())
        return dict(zip(self.saved.shape.ids(rows), rows.numbers[:, -1].tolist(), strict=True))

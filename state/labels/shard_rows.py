"""All rows of a shard, in memory and in its store.

A saved row is none that is left if the watermark of its mark has reached its time, or if it is a prediction or a label
of a remembered id: while an id is remembered no row of it waits, and it is remembered until the marks cover it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from state.labels.early_labels import EarlyLabels
from state.labels.marks import MARKS, Marks
from state.labels.packed_rows import NULLS, Id, PackedRows, RowShape
from state.labels.saved_rows import PieceStore, SavedRows
from state.labels.settings import JoinTimes
from state.labels.settled_ids import SettledIds

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PREDICTIONS, _LABELS, _SETTLED = range(3)


@dataclass(frozen=True)
class JoinShapes:
    """Shapes of predictions and of labels, whose ids are of one type."""

    predictions: RowShape
    labels: RowShape


class ShardRows:
    """Rows that wait and ids that are remembered.

    Args:
        times: how long they do.
        shapes: of the rows.
        pieces: the shard's store.

    Attributes:
        predictions: predictions that wait.
        labels: labels that wait.
        settled: ids of predictions that have left.
        known: by id the slot of a prediction that waits, or the verdict on one that has left.
    """

    def __init__(self, times: JoinTimes, shapes: JoinShapes, pieces: Iterable[tuple[int, bytes]]) -> None:
        saved = dict(pieces)
        marks = saved.pop(MARKS, None)
        self._marks, self._has_marks = Marks() if marks is None else Marks.decode(marks), marks is not None
        self._numbers = count(max([self._marks.until, *(number + 1 for number in saved)]))
        self._shape = shapes.predictions
        self.predictions = SavedRows(_PREDICTIONS, shapes.predictions, self._numbers)
        self.labels = EarlyLabels(_LABELS, shapes.labels, self._numbers)
        self.settled = SettledIds(_SETTLED, shapes.predictions, self._numbers)
        self.known: dict[Id, int] = {}
        if saved:
            self._load(times, saved)

    @property
    def next_due(self) -> int:
        """The earliest time at which a row is due; ``NEVER``: there is no row."""
        return min(saved.table.next_due for saved in self._all())

    def mark(self, watermark: int) -> None:
        """Tell that a watermark judges all rows that are saved now."""
        self._marks.add(next(self._numbers), watermark)

    def save_marks(self, store: PieceStore) -> None:
        """Save the marks, if there are rows that need them."""
        if any(len(saved.table) for saved in self._all()):
            store.put(MARKS, self._marks.encode())
            self._has_marks = True
            return
        self._marks = Marks()
        if self._has_marks:
            store.remove(MARKS)
            self._has_marks = False

    def tidy(self, store: PieceStore) -> None:
        """Free what rows that left hold in the store and in memory."""
        self.settled.saved.tidy(store)
        self.labels.tidy(store)
        if self.predictions.tidy(store):
            self._index_predictions()

    def _all(self) -> tuple[SavedRows, SavedRows, SavedRows]:
        return self.predictions, self.labels.saved, self.settled.saved

    def _index_predictions(self) -> None:
        slots = self.predictions.table.slots()
        ids = self._shape.ids(self.predictions.table.take(slots))
        self.known.update(zip(ids, slots.tolist(), strict=True))

    def _load(self, times: JoinTimes, pieces: Mapping[int, bytes]) -> None:
        kinds: dict[int, list[tuple[int, PackedRows]]] = {_PREDICTIONS: [], _LABELS: [], _SETTLED: []}
        for number, data in sorted(pieces.items()):
            kind, rows = PackedRows.decode(data)
            kinds[kind].append((number, rows))
        for number, rows in kinds[_SETTLED]:
            self._load_piece(self.settled.saved, number, rows, rows.times)
        self.known = self.settled.verdicts()
        for number, rows in kinds[_PREDICTIONS]:
            self._load_piece(self.predictions, number, rows, times.predictions_due(rows.times))
        for number, rows in kinds[_LABELS]:
            self._load_piece(self.labels.saved, number, rows, times.labels_due(rows.times))
        self._index_predictions()
        self.labels.index_all()

    def _load_piece(self, saved: SavedRows, number: int, rows: PackedRows, due: NDArray[np.int64]) -> None:
        """Take the rows of a piece that are left."""
        is_left = due > self._marks.watermark_of(number)
        is_left &= np.fromiter((name not in self.known for name in saved.shape.ids(rows)), np.bool_, len(rows))
        left = np.flatnonzero(is_left)
        saved.load(number, len(rows), rows.take(left), due[left])


def in_order(rows: PackedRows) -> tuple[PackedRows, PackedRows | None]:
    """Return rows with an id in the order of time, and those without one; None: there are none."""
    times = rows.times
    if (times[1:] < times[:-1]).any():
        rows = rows.take(times.argsort(kind="stable"))
    is_nameless = rows.numbers[:, NULLS] & 1 != 0
    if not is_nameless.any():
        return rows, None
    return rows.take(np.flatnonzero(~is_nameless)), rows.take(np.flatnonzero(is_nameless))

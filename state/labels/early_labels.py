"""Labels that wait for their predictions, by id."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from state.labels.packed_rows import Id, PackedRows, RowShape
from state.labels.saved_rows import PieceStore, SavedRows
from state.labels.settings import FITS, LATE, JoinTimes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NONE = -1
_NO_SLOTS = np.empty(0, np.int64)


class Claimed(NamedTuple):
    """Labels that predictions claim.

    Attributes:
        first: slot of each prediction's label, -1 if there is none, ``(n,)``.
        more: of each further label the prediction's place and the slot, ``(m, 2)``.
        late: slots of labels that are late for their prediction.
        orphan: slots of labels that are earlier or later than any of that prediction's.
    """

    first: NDArray[np.int64]
    more: NDArray[np.int64]
    late: NDArray[np.int64]
    orphan: NDArray[np.int64]


class EarlyLabels:
    """The labels of a shard that wait; an id may have several, in the order in which they came.

    Args:
        kind: number of their kind among the shard's pieces.
        shape: of a label.
        numbers: numbers for pieces.

    Attributes:
        saved: the labels; the last number of a row is its place in the order.
    """

    def __init__(self, kind: int, shape: RowShape, numbers: Iterator[int]) -> None:
        self.saved = SavedRows(kind, RowShape(shape.numbers + 1, shape.texts, shape.id_column), numbers)
        self._first: dict[Id, int] = {}
        self._more: dict[Id, list[int]] = {}
        self._arrived = 0

    def __len__(self) -> int:
        return len(self.saved.table)

    def add(self, store: PieceStore, rows: PackedRows, ids: Sequence[Id], due: NDArray[np.int64]) -> None:
        """Let labels wait."""
        arrivals = np.arange(self._arrived, self._arrived + len(rows))
        self._arrived += len(rows)
        numbers = np.column_stack([rows.numbers, arrivals])
        slots = self.saved.add(store, PackedRows(numbers, rows.lengths, rows.data), due)
        self._index(ids, slots)

    def claim(self, ids: Sequence[Id], at: NDArray[np.int64], times: JoinTimes) -> Claimed:
        """Find the labels of predictions, which then wait for nothing.

        Args:
            ids: ids of the predictions, no two the same.
            at: their times.
            times: how long rows wait.
        """
        if not self._first:
            return Claimed(np.full(len(ids), _NONE), np.empty((0, 2), np.int64), _NO_SLOTS, _NO_SLOTS)
        first = np.fromiter(map(self._first.pop, ids, repeat(_NONE)), np.int64, len(ids))
        more = []
        if self._more:
            more = [(place, slot) for place, name in enumerate(ids) for slot in self._more.pop(name, ())]
        found = Claimed(first, np.array(more, np.int64).reshape(-1, 2), _NO_SLOTS, _NO_SLOTS)
        places = np.flatnonzero(first >= 0)
        fits = times.fits(self.saved.table.times(first[places]), at[places])
        unfit = places[fits != FITS]
        return found if not len(unfit) else self._chosen(found, at, times, unfit)

    def _chosen(self, found: Claimed, at: NDArray[np.int64], times: JoinTimes, unfit: NDArray[np.int64]) -> Claimed:
        """Choose again where the first label does not fit: the first that does, if one does."""
        first, late, orphan = found.first.copy(), [_NO_SLOTS], [_NO_SLOTS]
        more = [found.more[~np.isin(found.more[:, 0], unfit)]]
        for place in unfit.tolist():
            slots = np.concatenate([first[place : place + 1], found.more[found.more[:, 0] == place, 1]])
            fits = times.fits(self.saved.table.times(slots), at[place : place + 1])
            fitting = np.flatnonzero(fits == FITS)
            end = int(fitting[0]) if len(fitting) else len(slots)
            passed, how = slots[:end], fits[:end]
            late.append(passed[how == LATE])
            orphan.append(passed[how != LATE])
            first[place] = slots[end] if len(fitting) else _NONE
            others = slots[end + 1 :]
            more.append(np.column_stack([np.full(len(others), place), others]))
        return Claimed(first, np.concatenate(more), np.concatenate(late), np.concatenate(orphan))

    def take(self, slots: NDArray[np.int64]) -> PackedRows:
        """Return labels as they came."""
        rows = self.saved.table.take(slots)
        return PackedRows(rows.numbers[:, :-1], rows.lengths, rows.data)

    def expire(self, slots: NDArray[np.int64]) -> PackedRows:
        """Return labels that are due, and let them go."""
        rows = self.take(slots)
        ids = self.saved.shape.ids(rows)
        self.saved.drop(slots)
        if not self._more:
            deque(map(self._first.pop, ids), maxlen=0)
            return rows
        for name, slot in zip(ids, slots.tolist(), strict=True):
            waiting = [self._first.pop(name), *self._more.pop(name, ())]
            waiting.remove(slot)
            self._index([name] * len(waiting), np.array(waiting, np.int64))
        return rows

    def tidy(self, store: PieceStore) -> None:
        """Free what labels that left hold."""
        if self.saved.tidy(store):
            self.index_all()

    def index_all(self) -> None:
        """Find the ids of all labels again."""
        slots = self.saved.table.slots()
        arrivals = self.saved.table.take(slots).numbers[:, -1]
        order = arrivals.argsort()
        self._arrived = max(self._arrived, int(arrivals.max(initial=-1)) + 1)
        self._first, self._more = {}, {}
        self._index(self.saved.shape.ids(self.saved.table.take(slots[order])), slots[order])

    def _index(self, ids: Sequence[Id], slots: NDArray[np.int64]) -> None:
        """Put labels after those of the same id that wait already."""
        own = slots.tolist()
        owners = np.fromiter(map(self._first.setdefault, ids, own), np.int64, len(own))
        for place in np.flatnonzero(owners != slots).tolist():
            self._more.setdefault(ids[place], []).append(own[place])

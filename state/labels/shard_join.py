"""The join of one shard: which label goes with which prediction, and what leaves without the other side.

Rules of this file:

- Rows of a call come in the order of event time, then of their places.
- A prediction's label is the first that comes while the prediction waits, or the first of those that wait for it, and
  that fits by its time: from ``early_ttl_ms`` before the prediction to ``label_ttl_ms`` after it. Then which side is
  read first, and how far, decides nothing. A label after that is late, and an orphan if it is too early, or so late
  that the prediction's id would not be remembered. Once the prediction has left, its verdict alone decides.
- A prediction waits until the watermark reaches its time and ``label_ttl_ms``, a label until it reaches its time and
  ``early_ttl_ms``. Only `ShardJoin.advance` looks at the watermark: a row that comes after its time leaves with the
  next watermark, and until then it is matched like any other.
- The id of a prediction that has left is remembered until the watermark reaches its time, ``label_ttl_ms`` and
  ``late_ttl_ms``, and, where labels waited for it, until each of those labels would have left by itself. A label of a
  remembered id is a duplicate, or late if the prediction expired. A label of any other id waits. Ids are compared
  exactly, so no label is a duplicate, late or an orphan for the sake of another id.
- A prediction whose id waits or is remembered is repeated, and changes nothing.
- A row without an id leaves when it comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from state.labels.outcomes import Outcome, OutcomeKind
from state.labels.packed_rows import Id, PackedRows
from state.labels.row_table import NEVER
from state.labels.saved_rows import PieceStore
from state.labels.settings import EARLY, FITS, LATE, JoinTimes
from state.labels.settled_ids import EXPIRED, MATCHED
from state.labels.shard_rows import JoinShapes, ShardRows, in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

# States of an id beside a prediction's slot and a verdict.
_UNKNOWN, _GONE, _UNFIT = -3, -4, -5
_VERDICTS: tuple[tuple[OutcomeKind, int], ...] = (("duplicate", MATCHED), ("late", EXPIRED), ("orphan", _UNFIT))


class ShardJoin:
    """Predictions and labels of a shard. The methods that yield must be run to their end.

    Args:
        times: how long rows wait.
        shapes: of the rows.
        pieces: pieces of the shard's store; none: it is new.
    """

    def __init__(self, times: JoinTimes, shapes: JoinShapes, pieces: Iterable[tuple[int, bytes]] = ()) -> None:
        self._times, self._shapes = times, shapes
        self._rows = ShardRows(times, shapes, pieces)

    @property
    def waiting(self) -> tuple[int, int]:
        """Number of predictions and of labels that wait."""
        return len(self._rows.predictions.table), len(self._rows.labels)

    @property
    def next_due(self) -> int | None:
        """The earliest watermark with which something changes; None: there is none."""
        due = self._rows.next_due
        return None if due == NEVER else due

    def add_predictions(self, store: PieceStore, rows: PackedRows) -> Iterator[Outcome]:
        """Take predictions, and yield what leaves."""
        rows, nameless = in_order(rows)
        yield from _outcome("no_id", predictions=nameless)
        ids, known = self._shapes.predictions.ids(rows), self._rows.known
        own = self._rows.predictions.table.next_slots(len(rows))
        is_new = np.fromiter(map(known.setdefault, ids, own.tolist()), np.int64, len(ids)) == own
        if not is_new.all():
            yield from _outcome("repeated", predictions=rows.take(np.flatnonzero(~is_new)))
            new = np.flatnonzero(is_new)
            rows, ids = rows.take(new), [ids[place] for place in new.tolist()]
        claimed = self._rows.labels.claim(ids, rows.times, self._times)
        yield from _outcome("late", labels=self._rows.labels.take(claimed.late))
        yield from _outcome("orphan", labels=self._rows.labels.take(claimed.orphan))
        self._rows.labels.saved.remove(store, np.concatenate([claimed.late, claimed.orphan]))
        waits = np.flatnonzero(claimed.first < 0)
        if len(waits) < len(ids):
            yield from self._match_early(store, rows, claimed.first, claimed.more)
            rows, ids = rows.take(waits), [ids[place] for place in waits.tolist()]
        held = self._rows.predictions.add(store, rows, self._times.predictions_due(rows.times))
        if len(held) < len(own):
            known.update(zip(ids, held.tolist(), strict=True))
        self._rows.tidy(store)

    def add_labels(self, store: PieceStore, rows: PackedRows) -> Iterator[Outcome]:
        """Take labels, and yield what leaves."""
        rows, nameless = in_order(rows)
        yield from _outcome("orphan", labels=nameless)
        ids = self._shapes.labels.ids(rows)
        found = np.fromiter(map(self._rows.known.get, ids, repeat(_UNKNOWN)), np.int64, len(ids))
        waits = np.flatnonzero(found >= 0)
        of, table = found[waits], self._rows.predictions.table
        fits = self._times.fits(rows.times[waits], table.times(of))
        fitting = waits[fits == FITS]
        places = _first_of_each(fitting, found[fitting])
        if len(places):
            slots = found[places]
            predictions = table.take(slots)
            yield Outcome("matched", predictions, rows.take(places))
            self._rows.predictions.drop(slots)
            matched = [ids[place] for place in places.tolist()]
            self._settle(store, predictions, matched, self._times.remembered_until(predictions.times), MATCHED)
        if len(places) < len(waits):
            found[waits] = _verdicts(fits, np.isin(of, found[places]))
        if len(places) < len(rows):
            found[places] = _GONE
            yield from self._unmatched(store, rows, ids, found)
        self._rows.tidy(store)

    def advance(self, store: PieceStore, watermark: int) -> Iterator[Outcome]:
        """Judge all rows by a watermark, and yield those whose time has come; the last watermark leaves none."""
        if self._rows.next_due > min(watermark, NEVER - 1):
            return
        self._rows.mark(watermark)
        forgotten = self._rows.settled.forget(watermark)
        slots = self._rows.predictions.table.due(watermark)
        if len(slots):
            predictions = self._rows.predictions.table.take(slots)
            yield Outcome("expired", predictions)
            self._rows.predictions.drop(slots)
            until = self._times.remembered_until(predictions.times)
            is_over = until <= watermark
            forgotten += self._shapes.predictions.ids(predictions.take(np.flatnonzero(is_over)))
            kept = np.flatnonzero(~is_over)
            rows = predictions.take(kept)
            self._settle(store, rows, self._shapes.predictions.ids(rows), until[kept], EXPIRED)
        deque(map(self._rows.known.pop, forgotten), maxlen=0)
        slots = self._rows.labels.saved.table.due(watermark)
        if len(slots):
            yield Outcome("orphan", labels=self._rows.labels.expire(slots))
        self._rows.tidy(store)
        self._rows.save_marks(store)

    def _unmatched(
        self, store: PieceStore, rows: PackedRows, ids: Sequence[Id], found: NDArray[np.int64]
    ) -> Iterator[Outcome]:
        """Yield further and late labels, and let those of unknown ids wait."""
        for kind, verdict in _VERDICTS:
            places = np.flatnonzero(found == verdict)
            if len(places):
                yield Outcome(kind, labels=rows.take(places))
        early = np.flatnonzero(found == _UNKNOWN)
        if len(early):
            waiting = rows.take(early)
            due = self._times.labels_due(waiting.times)
            self._rows.labels.add(store, waiting, [ids[place] for place in early.tolist()], due)

    def _match_early(
        self, store: PieceStore, rows: PackedRows, slots: NDArray[np.int64], more: NDArray[np.int64]
    ) -> Iterator[Outcome]:
        """Match predictions with the first labels that waited for them; their further ones are duplicates.

        Args:
            store: the shard's pieces.
            rows: predictions.
            slots: slot of each one's first label; -1: it has none.
            more: places of predictions and slots of their further labels.
        """
        labels, places = self._rows.labels, np.flatnonzero(slots >= 0)
        predictions, first, others = rows.take(places), labels.take(slots[places]), labels.take(more[:, 1])
        yield Outcome("matched", predictions, first)
        until = self._times.remembered_until(rows.times)
        until[places] = np.maximum(until[places], self._times.labels_due(first.times))
        if len(others):
            yield Outcome("duplicate", labels=others)
            np.maximum.at(until, more[:, 0], self._times.labels_due(others.times))
        labels.saved.drop(np.concatenate([slots[places], more[:, 1]]))
        self._settle(store, predictions, self._shapes.predictions.ids(predictions), until[places], MATCHED)

    def _settle(
        self, store: PieceStore, rows: PackedRows, ids: Sequence[Id], until: NDArray[np.int64], verdict: int
    ) -> None:
        if len(rows):
            self._rows.settled.add(store, rows, until, verdict)
            self._rows.known.update(dict.fromkeys(ids, verdict))


def _first_of_each(places: NDArray[np.int64], slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places at which a slot comes for the first time, ascending like the places."""
    ordered = np.sort(slots)
    if not (ordered[1:] == ordered[:-1]).any():
        return places
    return places[np.sort(np.unique(slots, return_index=True)[1])]


def _verdicts(fits: NDArray[np.int64], is_matched: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the state of the id of each label whose prediction waits.

    Args:
        fits: how each fits its prediction.
        is_matched: whether a label of the same call matches the prediction.
    """
    known = np.where(fits == LATE, EXPIRED, _UNFIT)
    return np.where(is_matched & (fits != EARLY), MATCHED, known)


def _outcome(
    kind: OutcomeKind, *, predictions: PackedRows | None = None, labels: PackedRows | None = None
) -> Iterator[Outcome]:
    """Yield an outcome if it has rows."""
    found = Outcome(kind, predictions, labels)
    if len(found):
        yield found

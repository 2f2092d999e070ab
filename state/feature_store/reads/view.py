"""A view of one table: its cache, and the reads under way, which threads share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from state.feature_store.cells import Cells, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from state.feature_store.counts import Counting
    from state.feature_store.reads.row_cache import RowCache


@dataclass
class _Read:
    """A read under way, of which other threads may await the end."""

    rows: dict[str, int]
    cells: Cells | None = None
    is_over: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Turn:
    """State of a read of distinct keys between its beginning and its answer.

    Attributes:
        keys: the keys.
        cells: the cached cells.
        is_fresh: keys that the cache answers.
        is_known: those that it answers if the store does not.
        own: keys that the caller must load, before it ends the turn.
        reads: the read that brings each other key.
    """

    keys: Sequence[str]
    cells: Cells
    is_fresh: NDArray[np.bool_]
    is_known: NDArray[np.bool_]
    own: Sequence[str] = ()
    reads: dict[str, _Read] = field(default_factory=dict)


class View:
    """Cells of the entities of one group under some names; threads may share it.

    A caller begins a turn, loads the turn's own keys, ends it in any case, and asks for its answer.

    Args:
        names: number of names.
        cache: entries in front.
        counting: counters.
        is_serving_stale: where the backend does not answer, use cached values beyond their time to live.
    """

    def __init__(self, names: int, cache: RowCache, counting: Counting, *, is_serving_stale: bool) -> None:
        self._names = names
        self._cache = cache
        self._counting = counting
        self._is_serving_stale = is_serving_stale
        self._lock = threading.Lock()
        self._reads: dict[str, _Read] = {}

    def begin(self, keys: Sequence[str], now_s: float) -> Turn:
        """Look distinct keys up in the cache, and take on those that no other thread loads yet."""
        with self._lock:
            slots, is_fresh = self._cache.find(keys, now_s)
            if is_fresh.all():
                return Turn(keys, self._cache.take(slots), is_fresh, is_fresh)
            cells = Cells.empty(len(keys), self._names)
            is_known = (slots >= 0) & (is_fresh | self._is_serving_stale)
            cells.put(np.flatnonzero(is_known), self._cache.take(slots[is_known]))
            wanted = [keys[row] for row in np.flatnonzero(~is_fresh)]
            reads = {key: self._reads[key] for key in wanted if key in self._reads}
            own = [key for key in wanted if key not in reads]
            mine = dict.fromkeys(own, _Read({key: row for row, key in enumerate(own)}))
            self._reads.update(mine)
            return Turn(keys, cells, is_fresh, is_known, own, reads | mine)

    def end(self, turn: Turn, cells: Cells | None, now_s: float) -> None:
        """Hand the cells of a turn's own keys to all that wait for them; None: there was no answer."""
        if not turn.own:
            return
        read = turn.reads[turn.own[0]]
        with self._lock:
            read.cells = cells
            forgotten = [key for key in turn.own if self._reads.get(key) is not read]
            for key in {*turn.own}.difference(forgotten):
                del self._reads[key]
            if cells is not None:
                self._cache.put(turn.own, cells, now_s)
                self._cache.drop(forgotten)
        read.is_over.set()

    def answer(self, turn: Turn) -> tuple[Cells, NDArray[np.bool_]]:
        """Return the cells of a turn's keys, and which of them got no answer; wait for other threads' reads."""
        if not turn.reads:
            missing = int((turn.cells.kinds == Kind.MISSING).all(axis=1).sum())
            self._counting.add(cached=len(turn.keys), missing=missing)
            return turn.cells, np.zeros(len(turn.keys), bool)
        is_unanswered = _fill(turn)
        is_failed = is_unanswered & ~turn.is_known
        is_missing = ~is_unanswered & (turn.cells.kinds == Kind.MISSING).all(axis=1)
        is_loaded = bool(turn.own) and turn.reads[turn.own[0]].cells is not None
        self._counting.add(
            cached=int(turn.is_fresh.sum()),
            loaded=len(turn.own) if is_loaded else 0,
            shared=len(turn.reads) - len(turn.own),
            missing=int(is_missing.sum()),
            stale=int((is_unanswered & turn.is_known).sum()),
            failed=int(is_failed.sum()),
        )
        return turn.cells, is_failed

    def forget(self, keys: Sequence[str]) -> None:
        """Drop keys from the cache; loads that are under way began before, and only their callers get the values."""
        with self._lock:
            self._cache.drop(keys)
            for key in keys:
                self._reads.pop(key, None)


def _fill(turn: Turn) -> NDArray[np.bool_]:
    """Put the results of reads into their rows; return the rows whose read failed."""
    places = {key: row for row, key in enumerate(turn.keys) if key in turn.reads}
    is_failed = np.zeros(len(turn.keys), bool)
    for read in {id(read): read for read in turn.reads.values()}.values():
        read.is_over.wait()
        mine = [key for key in places if turn.reads[key] is read]
        rows = np.array([places[key] for key in mine], np.intp)
        if read.cells is None:
            is_failed[rows] = True
        else:
            turn.cells.put(rows, read.cells.take(np.array([read.rows[key] for key in mine], np.intp)))
    return is_failed

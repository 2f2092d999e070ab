"""A view of one table: its cache, and the reads under way, which threads share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from state.feature_store.cells import Cells, Kind, unpack_cells
from state.feature_store.errors import StoreError
from state.feature_store.row_cache import RowCache

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from state.feature_store.counts import Counting


@dataclass
class _Read:
    """A read under way, of which other threads may await the end."""

    rows: dict[str, int]
    cells: Cells | None = None
    is_over: threading.Event = field(default_factory=threading.Event)


class View:
    """Cells of the entities of one group under some names; threads may share it.

    Args:
        load: function that returns the packed cells of distinct keys, or raises `StoreError`.
        names: number of names.
        cache: entries in front.
        counting: counters.
        is_serving_stale: where the backend does not answer, use what the cache has beyond its time to live.
    """

    def __init__(
        self,
        load: Callable[[Sequence[str]], Sequence[Sequence[bytes | None]]],
        names: int,
        cache: RowCache,
        counting: Counting,
        *,
        is_serving_stale: bool,
    ) -> None:
        self._load = load
        self._names = names
        self._cache = cache
        self._counting = counting
        self._is_serving_stale = is_serving_stale
        self._lock = threading.Lock()
        self._reads: dict[str, _Read] = {}

    def get(self, keys: Sequence[str], now: Callable[[], float]) -> tuple[Cells, NDArray[np.bool_]]:
        """Return the cells of distinct keys, and which of them nobody answered."""
        with self._lock:
            slots, is_fresh = self._cache.find(keys, now())
            if is_fresh.all():
                self._counting.add(cached=len(keys))
                return self._cache.take(slots), np.zeros(len(keys), bool)
            cells = Cells.empty(len(keys), self._names)
            is_known = (slots >= 0) & (is_fresh | self._is_serving_stale)
            cells.put(np.flatnonzero(is_known), self._cache.take(slots[is_known]))
            wanted = [keys[row] for row in np.flatnonzero(~is_fresh)]
            others = {key: self._reads[key] for key in wanted if key in self._reads}
            own = [key for key in wanted if key not in others]
            read = _Read({key: row for row, key in enumerate(own)})
            self._reads.update(dict.fromkeys(own, read))
        if own:
            self._run(read, now)
        is_unanswered = self._fill(cells, keys, dict.fromkeys(own, read) | others)
        is_failed = is_unanswered & ~is_known
        is_missing = ~is_unanswered & (cells.kinds == Kind.MISSING).all(axis=1)
        self._counting.add(
            cached=int(is_fresh.sum()),
            shared=len(others),
            missing=int(is_missing.sum()),
            stale=int((is_unanswered & is_known).sum()),
            failed=int(is_failed.sum()),
        )
        return cells, is_failed

    def forget(self, keys: Sequence[str]) -> None:
        """Drop keys from the cache."""
        with self._lock:
            self._cache.drop(keys)

    def _run(self, read: _Read, now: Callable[[], float]) -> None:
        """Ask the backend; others that wait for the read go on whatever happens."""
        keys = list(read.rows)
        cells = None
        try:
            cells = unpack_cells(self._load(keys), self._names)
            self._counting.add(loaded=len(keys))
        except StoreError:
            # The rows are told as failed, and the error was counted where it came up.
            cells = None
        finally:
            with self._lock:
                read.cells = cells
                for key in keys:
                    del self._reads[key]
                if cells is not None:
                    self._cache.put(keys, cells, now())
            read.is_over.set()

    def _fill(self, cells: Cells, keys: Sequence[str], reads: dict[str, _Read]) -> NDArray[np.bool_]:
        """Put the results of reads into their rows; return the rows whose read failed."""
        places = {key: row for row, key in enumerate(keys) if key in reads}
        is_failed = np.zeros(len(keys), bool)
        for read in {id(read): read for read in reads.values()}.values():
            read.is_over.wait()
            mine = [key for key in places if reads[key] is read]
            rows = np.array([places[key] for key in mine], np.intp)
            if read.cells is None:
                is_failed[rows] = True
            else:
                cells.put(rows, read.cells.take(np.array([read.rows[key] for key in mine], np.intp)))
        return is_failed

"""Reads of a batch from all its tables: one call of the backend for what no cache has."""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from state.feature_store.cells import Cells, unpack_cells
from state.feature_store.errors import StoreError
from state.feature_store.features import Features
from state.feature_store.reads.row_cache import RowCache
from state.feature_store.reads.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from state.feature_store.counts import Counting
    from state.feature_store.group import Group
    from state.feature_store.reads.store_options import StoreOptions
    from state.feature_store.reads.view import Turn
    from state.feature_store.reads.wanted import Wanted


class Views:
    """The tables that are read; threads may share them.

    Args:
        read: function that returns the packed cells of distinct keys, each with its names, or raises `StoreError`.
        options: rules.
        counting: counters.
        clock: function that returns monotonic seconds.
    """

    def __init__(
        self,
        read: Callable[[Sequence[str], Sequence[Sequence[str]]], Sequence[Sequence[bytes | None]]],
        options: StoreOptions,
        counting: Counting,
        clock: Callable[[], float],
    ) -> None:
        self._read = read
        self._options = options
        self._counting = counting
        self._clock = clock
        self._lock = threading.Lock()
        self._views: dict[tuple[Group, tuple[str, ...]], View] = {}

    def get_all(self, wanted: Sequence[Wanted]) -> list[Features]:
        """Return what each part of a batch wants, in its order."""
        keys = [list(dict.fromkeys(each.keys)) for each in wanted]
        turns: list[tuple[View, Turn]] = []
        loaded: list[Cells | None] | None = None
        try:
            for each, distinct in zip(wanted, keys, strict=True):
                view = self._view(each.group, each.names)
                turns.append((view, view.begin(distinct, self._clock())))
            loaded = self._load([turn for _, turn in turns], wanted)
        except StoreError:
            # The rows are reported as failed; the error was counted where it occurred.
            loaded = None
        finally:
            # Other threads wait for the reads, whatever happened.
            for place, (view, turn) in enumerate(turns):
                view.end(turn, None if loaded is None else loaded[place], self._clock())
        found = []
        for each, distinct, (view, turn) in zip(wanted, keys, turns, strict=True):
            cells, is_failed = view.answer(turn)
            if len(distinct) < len(each.keys):
                places = {key: place for place, key in enumerate(distinct)}
                order = np.fromiter(map(places.__getitem__, each.keys), np.intp, len(each.keys))
                cells, is_failed = cells.take(order), is_failed[order]
            found.append(Features(each.names, cells, is_failed))
        return found

    def forget(self, group: Group, keys: Sequence[str]) -> None:
        """Drop entities of a table from the caches."""
        with self._lock:
            views = [view for (of, _), view in self._views.items() if of == group]
        for view in views:
            view.forget(keys)

    def _load(self, turns: Sequence[Turn], wanted: Sequence[Wanted]) -> list[Cells | None]:
        """Ask the backend once for what all turns have taken on; return the cells of each that took on some."""
        keys: list[str] = []
        names: list[tuple[str, ...]] = []
        for turn, each in zip(turns, wanted, strict=True):
            keys += [each.group.key(key) for key in turn.own]
            names += [each.names] * len(turn.own)
        rows = iter(self._read(keys, names) if keys else ())
        return [
            unpack_cells(list(islice(rows, len(turn.own))), len(each.names)) if turn.own else None
            for turn, each in zip(turns, wanted, strict=True)
        ]

    def _view(self, group: Group, names: tuple[str, ...]) -> View:
        with self._lock:
            view = self._views.get((group, names))
            if view is None:
                cache = RowCache(self._options.cache_size, self._options.cache_ttl_s, len(names))
                view = View(len(names), cache, self._counting, is_serving_stale=self._options.is_serving_stale)
                self._views[group, names] = view
            return view

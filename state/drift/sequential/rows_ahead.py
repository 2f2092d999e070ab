"""Sampled rows that wait until the watermark says that all rows of earlier times have come."""

from __future__ import annotations

import heapq
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from state.drift.rows import SampledRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.drift.store import Store

KIND = "ahead"
"""First word of the keys under which a store holds waiting rows."""


class RowsAhead:
    """A queue that returns rows in the order of event time, for any tasks and batches that sent them.

    Each batch is a value of the store; the queue knows the next batches without reading the store.

    Args:
        store: state over restarts.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def _waiting(self) -> list[tuple[int, int, str]]:
        """The batches that wait, a heap by their earliest time; read when first used, as state has no key before."""
        kept = (key.split(" ", 3) for key in list(self._store.keys()) if key.startswith(f"{KIND} "))
        waiting = [(int(first), int(number), ref) for _, first, number, ref in kept]
        heapq.heapify(waiting)
        return waiting

    @cached_property
    def _held(self) -> Counter[tuple[int, str]]:
        """The number of batches that wait, by their earliest time and version: all of one leave together."""
        return Counter((first, ref) for first, _, ref in self._waiting)

    def add(self, ref: str, rows: SampledRows) -> None:
        """Keep rows of a version, without their baseline."""
        first, waiting, held = int(rows.times_ms.min()), self._waiting, self._held
        # By the store's content alone, so that a restored store continues with the same keys.
        entry = (first, held[first, ref], ref)
        held[first, ref] += 1
        heapq.heappush(waiting, entry)
        self._store.put(_key(entry), _part(rows, slice(None)).to_text())

    def take(self, until_ms: int) -> list[tuple[str, SampledRows]]:
        """Return the rows up to a time, by version: in the order of time, those of one time in the order of content."""
        ready: dict[str, list[SampledRows]] = {}
        while self._waiting and self._waiting[0][0] <= until_ms:
            entry = heapq.heappop(self._waiting)
            rows = self._pop(entry)
            is_ready = rows.times_ms <= until_ms
            ready.setdefault(entry[2], []).append(_part(rows, is_ready))
            if not is_ready.all():
                self.add(entry[2], _part(rows, ~is_ready))
        return [(ref, _in_order(parts)) for ref, parts in sorted(ready.items())]

    def take_all(self, ref: str) -> SampledRows | None:
        """Return all rows of one version, in the same order; None: there are none."""
        entries = [entry for entry in self._waiting if entry[2] == ref]
        self._waiting[:] = [entry for entry in self._waiting if entry[2] != ref]
        heapq.heapify(self._waiting)
        return _in_order([self._pop(entry) for entry in entries]) if entries else None

    def _pop(self, entry: tuple[int, int, str]) -> SampledRows:
        first, _, ref = entry
        self._held.pop((first, ref), None)
        key = _key(entry)
        rows = SampledRows.from_text(self._store.get(key))
        self._store.remove(key)
        return rows


def _key(entry: tuple[int, int, str]) -> str:
    first, number, ref = entry
    return f"{KIND} {first} {number} {ref}"


def _part(rows: SampledRows, chosen: slice | NDArray[np.bool_]) -> SampledRows:
    columns = (rows.times_ms[chosen], rows.matrix[chosen], rows.scores[chosen], rows.labels[chosen])
    return SampledRows(rows.model, rows.version, *columns)


def _in_order(parts: list[SampledRows]) -> SampledRows:
    first = parts[0]
    times, matrix, scores, labels = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("times_ms", "matrix", "scores", "labels")
    )
    order = np.lexsort((*matrix.T, labels, scores, times))
    return SampledRows(first.model, first.version, times[order], matrix[order], scores[order], labels[order])

"""The saved rows of one shard: chunks that are only appended, merged and dropped.

Each batch appends a chunk. Eight chunks of a level merge into one of the next, so a row is written a few times at most.
A chunk is dropped when the newest of its rows is past the longest window.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from state.sliding.codes import LEAST
from state.sliding.errors import LateRowsError
from state.sliding.rows import Rows
from state.sliding.storage.chunks import ChunkHeader, decode, encode, read_header

if TYPE_CHECKING:
    from state.sliding.plan import SlidingPlan

_MERGED = 8
_MOST_ROWS = 1 << 17


class ChunkStore(Protocol):
    """Chunks by their numbers; Flink's ``MapState`` is one, while the shard is the current key."""

    def get(self, key: int) -> bytes:
        """Return a chunk."""

    def put(self, key: int, value: bytes) -> None:
        """Keep a chunk."""

    def remove(self, key: int) -> None:
        """Drop a chunk."""

    def items(self) -> Iterable[tuple[int, bytes]]:
        """Return all chunks with their numbers."""


class ChunkLog:
    """The chunks of a shard; it remembers their headers, and reads a chunk only to merge it.

    Args:
        plan: the windows.
        shard: the shard's name in error texts.
        allowance_ms: how late rows may be that are inserted; older rows that they can see are kept.

    Attributes:
        watermark: up to it the shard's rows were answered, so a row at or before it is late; the least int64 at first.
    """

    def __init__(self, plan: SlidingPlan, shard: str, *, allowance_ms: int = 0) -> None:
        self._plan, self._shard = plan, shard
        self._reach_ms = plan.horizon_ms + allowance_ms
        self._headers: dict[int, ChunkHeader] = {}
        self._next = 0
        self.watermark = LEAST

    def load(self, store: ChunkStore) -> Rows:
        """Return all rows that a later row can see, for the engine to restore.

        Raises:
            StateError: a chunk is of another version, of other fields, or cut off.
        """
        found = []
        for number, data in store.items():
            self._headers[number] = read_header(data)
            found.append(decode(self._plan, data))
        if not found:
            return self._plan.no_rows()
        self._next = max(self._headers) + 1
        self.watermark = max(header.watermark for header in self._headers.values())
        return self._live(Rows.concatenate(found))

    def append(self, store: ChunkStore, rows: Rows, watermark: int) -> None:
        """Save the rows of a batch, of which there is at least one, and drop what no later row can see.

        Args:
            store: the shard's chunks.
            rows: the shard's rows of the batch.
            watermark: the engine's watermark after the batch.

        Raises:
            LateRowsError: a row is not later than the watermark up to which the shard was answered.
        """
        if int(rows.times.min()) <= self.watermark:
            raise LateRowsError(rows, self.watermark, f"window state of shard {self._shard}")
        self.watermark = watermark
        self._put(store, rows, 0)
        # The newest chunk stays, whatever its rows: it holds the watermark.
        newest = self._next - 1
        is_old = {number: header.last_ms <= self._horizon for number, header in self._headers.items()}
        self._drop(store, [number for number, old in is_old.items() if old and number != newest])
        self._merge(store)

    def insert(self, store: ChunkStore, rows: Rows) -> None:
        """Save late rows, of which there is at least one; the shard's watermark stays.

        The engine's log cannot take them, as it is sorted by time. An engine that is restored from the shards' chunks
        takes them in `SlidingWindows.add`, with the watermark so far, and answers them as if they had been in time. It
        does the same for all rows that follow. This costs as much as a restore, so late rows are best collected.

        Args:
            store: the shard's chunks.
            rows: the shard's late rows, after the engine took them.
        """
        self._put(store, rows, 0)
        self._merge(store)

    @property
    def _horizon(self) -> int:
        return self.watermark - self._reach_ms

    def _live(self, rows: Rows) -> Rows:
        return rows.take(np.flatnonzero(rows.times > self._horizon))

    def _put(self, store: ChunkStore, rows: Rows, level: int) -> None:
        data = encode(self._plan, rows, self.watermark, level)
        store.put(self._next, data)
        self._headers[self._next] = read_header(data)
        self._next += 1

    def _drop(self, store: ChunkStore, numbers: Iterable[int]) -> None:
        for number in numbers:
            store.remove(number)
            del self._headers[number]

    def _merge(self, store: ChunkStore) -> None:
        """Merge chunks, from the lowest level up, while there are eight of a level that are not too large."""
        level = 0
        while level <= max((header.level for header in self._headers.values()), default=-1):
            found = [n for n, header in self._headers.items() if header.level == level and header.rows < _MOST_ROWS]
            if len(found) >= _MERGED:
                rows = Rows.concatenate([decode(self._plan, store.get(number)) for number in found])
                self._put(store, self._live(rows), level + 1)
                self._drop(store, found)
            level += 1

"""A cache of entities in columns: the least recently used give way, and none is older than its time to live."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from state.feature_store.cells import Cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# When it is full, an eighth goes at once: finding the oldest costs a pass over all.
_SHARE = 8


class RowCache:
    """Cells of entities, at most ``size`` of them. It is not thread-safe: the caller holds a lock.

    Args:
        size: most entities, >= 0.
        ttl_s: seconds that an entry is fresh.
        names: number of columns.
    """

    def __init__(self, size: int, ttl_s: float, names: int) -> None:
        self._size = size
        self._ttl_s = ttl_s
        self._slots: dict[str, int] = {}
        self._keys: list[str | None] = [None] * size
        self._free = list(range(size))
        self._cells = Cells.empty(size, names)
        self._loaded_s = np.full(size, -np.inf)
        self._used = np.zeros(size, np.int64)
        self._turn = 0

    def __len__(self) -> int:
        return len(self._slots)

    def find(self, keys: Sequence[str], now_s: float) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return the slot of each distinct key, -1 where it has none, and which slots are fresh."""
        slots = np.fromiter(map(self._slots.get, keys, repeat(-1)), np.intp, len(keys))
        if not self._size:
            return slots, np.zeros(len(keys), bool)
        self._turn += 1
        self._used[slots[slots >= 0]] = self._turn
        return slots, (slots >= 0) & (now_s - self._loaded_s[slots] < self._ttl_s)

    def take(self, slots: NDArray[np.intp]) -> Cells:
        """Return the cells of slots."""
        return self._cells.take(slots)

    def put(self, keys: Sequence[str], cells: Cells, now_s: float) -> None:
        """Keep the cells of distinct keys, of which the last ``size``."""
        if not self._size or not keys:
            return
        keys, cells = keys[-self._size :], cells.take(np.arange(len(keys))[-self._size :])
        self._turn += 1
        there = np.array([self._slots[key] for key in keys if key in self._slots], np.intp)
        self._used[there] = self._turn
        new = [key for key in keys if key not in self._slots]
        if len(new) > len(self._free):
            self._evict(max(len(new) - len(self._free), self._size // _SHARE), keep=there)
        for key in new:
            slot = self._free.pop()
            self._slots[key], self._keys[slot] = slot, key
        slots = np.array([self._slots[key] for key in keys], np.intp)
        self._cells.put(slots, cells)
        self._loaded_s[slots], self._used[slots] = now_s, self._turn

    def drop(self, keys: Sequence[str]) -> None:
        """Forget keys."""
        for key in keys:
            slot = self._slots.pop(key, None)
            if slot is not None:
                self._release(slot)

    def _evict(self, number: int, keep: NDArray[np.intp]) -> None:
        taken = np.fromiter(self._slots.values(), np.intp, len(self._slots))
        taken = taken[~np.isin(taken, keep)]
        oldest = taken[np.argsort(self._used[taken], kind="stable")[:number]]
        for slot in oldest.tolist():
            key = self._keys[slot]
            if key is not None:
                del self._slots[key]
            self._release(slot)

    def _release(self, slot: int) -> None:
        self._keys[slot] = None
        self._free.append(slot)

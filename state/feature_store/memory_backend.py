"""A backend in the memory of the process."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from state.feature_store.backend import BackendStats
from state.feature_store.cells import packed_time_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# An entity that is not read again is removed by a sweep, which comes each time that the entities have doubled.
_FIRST_SWEEP = 1024


class MemoryBackend:
    """Entities in a dictionary; they end with the process.

    Args:
        lifetime_s: seconds that an entity lives after the last write that changed it.
        clock: function that returns monotonic seconds.
    """

    def __init__(self, lifetime_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._lock = threading.Lock()
        self._entities: dict[str, dict[str, bytes]] = {}
        self._ends_s: dict[str, float] = {}
        self._sweep_at = _FIRST_SWEEP

    def read(self, keys: Sequence[str], names: Sequence[Sequence[str]]) -> Sequence[Sequence[bytes | None]]:
        """Return the cells of distinct keys under the names of each."""
        with self._lock:
            now_s = self._clock()
            found = [self._living(key, now_s) for key in keys]
            return [[entity.get(name) for name in own] for entity, own in zip(found, names, strict=True)]

    def write(self, keys: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[bytes]]) -> int:
        """Keep the cells that are not older than those kept; return how many were older."""
        with self._lock:
            now_s = self._clock()
            older = sum(self._write_one(key, names, row, now_s) for key, row in zip(keys, rows, strict=True))
            if len(self._entities) >= self._sweep_at:
                for key in [key for key, end_s in self._ends_s.items() if end_s <= now_s]:
                    self._forget(key)
                self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._entities))
            return older

    def names(self, key: str) -> list[str]:
        """Return the names of the cells of a key, sorted."""
        with self._lock:
            return sorted(self._living(key, self._clock()))

    def delete(self, keys: Sequence[str]) -> int:
        """Forget keys; return how many there were."""
        with self._lock:
            now_s = self._clock()
            there = [key for key in dict.fromkeys(keys) if self._living(key, now_s)]
            for key in there:
                self._forget(key)
            return len(there)

    def stats(self) -> BackendStats:
        """Return the number of entities that live."""
        with self._lock:
            now_s = self._clock()
            return BackendStats("memory", sum(end_s > now_s for end_s in self._ends_s.values()))

    def close(self) -> None:
        """Do nothing: the values stay for others of the process."""

    def _living(self, key: str, now_s: float) -> dict[str, bytes]:
        return self._entities.get(key, {}) if self._ends_s.get(key, now_s) > now_s else {}

    def _write_one(self, key: str, names: Sequence[str], row: Sequence[bytes], now_s: float) -> int:
        entity = dict(self._living(key, now_s))
        kept = {
            name: cell
            for name, cell in zip(names, row, strict=True)
            if name not in entity or packed_time_ms(cell) >= packed_time_ms(entity[name])
        }
        if kept:
            self._entities[key] = entity | kept
            self._ends_s[key] = now_s + self._lifetime_s
        return len(names) - len(kept)

    def _forget(self, key: str) -> None:
        del self._entities[key], self._ends_s[key]

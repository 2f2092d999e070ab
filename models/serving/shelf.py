"""Versions that served and stay loaded, least recently used first."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from models.scoring.loaded import LoadedModel
from models.serving.events import SwapListener


@dataclass
class LoadedVersion:
    """A loaded version, the number of batches it is scoring, and whether it closes after them."""

    model: LoadedModel
    users: int = 0
    is_retired: bool = False


class Shelf:
    """Versions kept loaded for a rollback, within limits; the caller holds the lock.

    Args:
        max_loaded: most loaded versions, counting the serving one, which is not on the shelf.
        max_bytes: most bytes of the files on the shelf together.
        listener: listener that is called for each closed version.
    """

    def __init__(self, max_loaded: int, max_bytes: int, listener: SwapListener) -> None:
        self._places = max_loaded - 1
        self._max_bytes = max_bytes
        self._listener = listener
        self._held: OrderedDict[str, LoadedVersion] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def take(self, version: str) -> LoadedVersion | None:
        """Take a loaded version from the shelf; None: it is not there."""
        return self._held.pop(version, None)

    def peek(self, version: str) -> LoadedVersion | None:
        """Return a loaded version, which stays on the shelf; None: it is not there."""
        return self._held.get(version)

    def put(self, held: LoadedVersion) -> list[LoadedVersion]:
        """Keep a version; return the evicted versions that no batch uses, for the caller to close."""
        self._held[held.model.spec.version] = held
        evicted = []
        while self._held and (len(self._held) > self._places or self._bytes() > self._max_bytes):
            _, oldest = self._held.popitem(last=False)
            oldest.is_retired = True
            if not oldest.users:
                evicted.append(oldest)
        return evicted

    def close(self, held: LoadedVersion) -> None:
        """Close a version; the caller must not hold the lock, as closing may take a while."""
        held.model.close()
        self._listener.unloaded(held.model)

    def clear(self, lock: Lock) -> None:
        """Close all versions that no batch uses, and mark the others to close after their batch."""
        with lock:
            all_held = list(self._held.values())
            self._held.clear()
            for held in all_held:
                held.is_retired = True
            unused = [held for held in all_held if not held.users]
        for held in unused:
            self.close(held)

    def _bytes(self) -> int:
        return sum(held.model.size_bytes for held in self._held.values())

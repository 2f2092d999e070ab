"""Versions that served and stay loaded, least recently used first."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from models.scoring.loaded import LoadedModel
from models.serving.events import SwapListener


@dataclass
class Held:
    """A loaded version, the batches it is scoring, and whether it goes when they are done."""

    model: LoadedModel
    users: int = 0
    is_retired: bool = False


class Shelf:
    """Keeps loaded what a rollback may go to, within bounds; its caller holds the lock.

    Args:
        max_loaded: Versions, the one that serves (which is not here) among them.
        max_bytes: Of their files, together.
        listener: Hears what is let go.
    """

    def __init__(self, max_loaded: int, max_bytes: int, listener: SwapListener) -> None:
        self._places = max_loaded - 1
        self._max_bytes = max_bytes
        self._listener = listener
        self._held: OrderedDict[str, Held] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def take(self, version: str) -> Held | None:
        """A version that is loaded; it is no longer here."""
        return self._held.pop(version, None)

    def peek(self, version: str) -> Held | None:
        """A version that is loaded; it stays here."""
        return self._held.get(version)

    def put(self, held: Held) -> list[Held]:
        """Keeps a version; returns those to close, that nobody uses any more."""
        self._held[held.model.spec.version] = held
        evicted = []
        while self._held and (len(self._held) > self._places or self._bytes() > self._max_bytes):
            _, oldest = self._held.popitem(last=False)
            oldest.is_retired = True
            if not oldest.users:
                evicted.append(oldest)
        return evicted

    def close(self, held: Held) -> None:
        """Lets a version go; not under the lock, as that may take a while."""
        held.model.close()
        self._listener.unloaded(held.model)

    def clear(self, lock: Lock) -> None:
        """Lets all go."""
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

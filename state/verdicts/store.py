"""State of the current key, as code inside Flink's keyed steps uses it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Store(Protocol):
    """Bytes by name, of the current key."""

    def items(self) -> Iterable[tuple[str, bytes]]:
        """Return all entries."""

    def put(self, key: str, value: bytes) -> None:
        """Write an entry."""

    def remove(self, key: str) -> None:
        """Remove an entry."""

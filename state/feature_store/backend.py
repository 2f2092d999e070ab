"""Interface of the places that keep packed cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class BackendStats:
    """State of a backend.

    Attributes:
        backend: its name.
        entities: entities with values; on a server all keys of the database.
        bytes_used: memory in use; 0: not known.
        bytes_limit: memory that it may use; 0: no limit.
        bytes_an_entity: mean of a sample of entities; 0: there is none.
        evicted: entities that gave way to others since the server started.
    """

    backend: str
    entities: int
    bytes_used: int = 0
    bytes_limit: int = 0
    bytes_an_entity: int = 0
    evicted: int = 0


class Backend(Protocol):
    """Packed cells by key and name; threads may share it.

    Each call may raise `StoreError`.
    """

    def read(self, keys: Sequence[str], names: Sequence[Sequence[str]]) -> Sequence[Sequence[bytes | None]]:
        """Return the cells of distinct keys under the names of each, a row each; None where there is none."""

    def write(self, keys: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[bytes]]) -> int:
        """Keep the cells that are not older than those kept; return how many were older and changed nothing.

        Of two cells with one event time the one that arrives later is kept. A key that several rows name is written
        row after row.
        """

    def names(self, key: str) -> list[str]:
        """Return the names of the cells of a key, sorted."""

    def delete(self, keys: Sequence[str]) -> int:
        """Forget keys; return how many there were."""

    def stats(self) -> BackendStats:
        """Return its state."""

    def close(self) -> None:
        """Free its connections and memory."""

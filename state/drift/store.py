"""Interface of the store that keeps the state of drift."""

from __future__ import annotations

from typing import Any, Protocol


class Store(Protocol):
    """Values by key, kept over restarts; callers must not change a value in place."""

    def get(self, key: str) -> Any:
        """Return the value of a key; None: there is none."""

    def put(self, key: str, value: Any) -> None:
        """Keep a value."""

    def remove(self, key: str) -> None:
        """Forget a key."""

    def keys(self) -> Any:
        """Return the keys."""

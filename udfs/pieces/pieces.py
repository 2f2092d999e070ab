"""The shape of an input in pieces, and the column of their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from state.sql import SqlColumns

PIECE: SqlColumns = (("__piece", "BIGINT"),)
"""The number of a piece, from 0: all that the JVM knows of it."""


class Pieces(Protocol):
    """An input cut into pieces; picklable. The same number always is the same lines."""

    @property
    def count(self) -> int:
        """Number of pieces, 1 or more."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digits that differ where a number would be other lines."""
        ...

    def read(self, number: int) -> Sequence[bytes]:
        """Return the lines of a piece, in their order."""
        ...

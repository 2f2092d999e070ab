"""An input of pieces in memory."""

from __future__ import annotations

from collections.abc import Sequence


class ListedPieces:
    """Pieces that are lists of lines."""

    fingerprint = ""

    def __init__(self, *pieces: Sequence[str]) -> None:
        self._pieces = pieces

    @property
    def count(self) -> int:
        """Number of pieces."""
        return len(self._pieces)

    def read(self, number: int) -> list[bytes]:
        """Return the lines of a piece."""
        return [line.encode() for line in self._pieces[number]]

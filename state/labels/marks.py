"""Marks of a shard: up to which watermark the rows of its saved pieces were judged.

A watermark judges all pieces that are there, so a mark is the number after theirs, and the watermark. Later marks are
about the same pieces and more of them. There is more than one only while the watermark, which starts over after a
restore, is behind that of an earlier mark.
"""

from __future__ import annotations

import struct

import numpy as np

from state.sliding.codes import LEAST
from state.sliding.errors import StateError

MARKS = -1
"""Number of the marks among the pieces."""

_VERSION = 1
_HEADER = struct.Struct("<BI")


class Marks:
    """Marks with ascending numbers and descending watermarks."""

    def __init__(self) -> None:
        self._marks: list[tuple[int, int]] = []

    def add(self, until: int, watermark: int) -> None:
        """Tell that a watermark has judged the pieces with numbers below one."""
        while self._marks and self._marks[-1][1] <= watermark:
            self._marks.pop()
        self._marks.append((until, watermark))

    def watermark_of(self, number: int) -> int:
        """Return the latest watermark that has judged a piece; the least int64: none has.

        >>> marks = Marks()
        >>> marks.add(5, 100)
        >>> marks.add(7, 40)
        >>> marks.watermark_of(4), marks.watermark_of(5), marks.watermark_of(7) == LEAST
        (100, 40, True)
        """
        return next((watermark for until, watermark in self._marks if number < until), LEAST)

    @property
    def until(self) -> int:
        """The largest number of a mark; 0: there is no mark."""
        return self._marks[-1][0] if self._marks else 0

    def encode(self) -> bytes:
        """Return the marks as bytes."""
        return _HEADER.pack(_VERSION, len(self._marks)) + np.array(self._marks, "<i8").tobytes()

    @staticmethod
    def decode(data: bytes) -> Marks:
        """Return the marks of `encode`.

        Raises:
            StateError: the bytes are of another version of the format.
        """
        version, count = _HEADER.unpack_from(data)
        if version != _VERSION:
            msg = f"label state: expected marks of format {_VERSION}, got format {version}; use their own release"
            raise StateError(msg)
        marks = Marks()
        for until, watermark in np.frombuffer(data, "<i8", 2 * count, _HEADER.size).reshape(count, 2).tolist():
            marks.add(until, watermark)
        return marks

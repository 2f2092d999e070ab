"""Columns that were learnt since they were last published, so that only these are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1


class TouchedColumns:
    """Bitmaps of the columns that have changed, and of those whose publication is under way.

    A column stays until its publication is confirmed. One that fails is simply offered again, together with what came
    since; a column that changes meanwhile is offered again, too.

    Args:
        width: number of columns.

    Example:
        >>> touched = TouchedColumns(8)
        >>> touched.mark(np.array([5, 2, 5]))
        >>> touched.offer().tolist()
        [2, 5]
        >>> touched.mark(np.array([2]))
        >>> touched.confirm()
        >>> touched.offer().tolist()
        [2]
    """

    def __init__(self, width: int) -> None:
        self._touched = np.zeros(width, np.bool_)
        self._offered = np.zeros(width, np.bool_)

    def mark(self, columns: NDArray[np.int64]) -> None:
        """Note that columns have changed, (m,)."""
        self._touched[columns] = True

    def offer(self) -> NDArray[np.int64]:
        """Return the columns to publish, ascending: all that changed and were not confirmed."""
        self._offered |= self._touched
        self._touched[:] = False
        return np.flatnonzero(self._offered)

    def confirm(self) -> None:
        """Note that what was offered last is published."""
        self._offered[:] = False

    def to_bytes(self) -> bytes:
        """Return the state, two bits a column."""
        width = np.array([len(self._touched)], "<i8").tobytes()
        return pack(VERSION, width, np.packbits(self._touched).tobytes(), np.packbits(self._offered).tobytes())

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version or width.
        """
        width, touched, offered = unpack("touched columns", VERSION, data)
        found = int(np.frombuffer(width, "<i8")[0])
        if found != len(self._touched):
            msg = f"touched columns: expected {len(self._touched)} columns, got {found}; publish all of them once"
            raise ValueError(msg)
        self._touched, self._offered = _bits(touched, found), _bits(offered, found)


def _bits(data: bytes, width: int) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(data, np.uint8), count=width).astype(np.bool_)

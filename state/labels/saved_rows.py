"""Rows of one kind in memory and in the store of their shard, where they lie in pieces.

A piece is put with the rows of a call. It is removed when all its rows have left, and its rows are put into another
when most of them have, or when there are eight small pieces of much the same size. So a row is written a few times at
most, and the saved bytes are at most about twice those of waiting rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from state.labels.packed_rows import PackedRows, RowShape
from state.labels.row_table import RowTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGE_ROWS = 512
_MERGED = 8


class PieceStore(Protocol):
    """Pieces by their numbers; Flink's ``MapState`` is one, while the shard is the current key."""

    def put(self, key: int, value: bytes) -> None:
        """Keep a piece."""

    def remove(self, key: int) -> None:
        """Drop a piece."""


@dataclass
class _Piece:
    slots: NDArray[np.int64]
    size: int  # rows in the store
    left: int  # rows in memory


class SavedRows:
    """The rows of one kind of a shard.

    Args:
        kind: number of the kind, which their pieces hold.
        shape: of the rows.
        numbers: numbers for pieces, each larger than all before it.

    Attributes:
        table: the rows in memory.
    """

    def __init__(self, kind: int, shape: RowShape, numbers: Iterator[int]) -> None:
        self.kind, self.shape, self.table = kind, shape, RowTable(shape)
        self._numbers = numbers
        self._pieces: dict[int, _Piece] = {}
        self._small: dict[int, set[int]] = {}  # pieces by the magnitude of their size
        self._changed: set[int] = set()

    def load(self, number: int, size: int, rows: PackedRows, due: NDArray[np.int64]) -> None:
        """Take the rows that are left of a saved piece."""
        self._keep(number, _Piece(self.table.append(rows, due, number), size, len(rows)))

    def add(self, store: PieceStore, rows: PackedRows, due: NDArray[np.int64]) -> NDArray[np.int64]:
        """Keep and save rows, and return their slots, which ascend.

        Args:
            store: the shard's pieces.
            rows: the rows.
            due: time at which each is due.
        """
        number = next(self._numbers)
        slots = self.table.append(rows, due, number)
        if len(rows):
            store.put(number, rows.encode(self.kind))
            self._keep(number, _Piece(slots, len(rows), len(rows)))
        return slots

    def drop(self, slots: NDArray[np.int64]) -> None:
        """Let rows go; `tidy` frees their place in the store."""
        for number, count in Counter(self.table.drop(slots).tolist()).items():
            self._pieces[number].left -= count
            self._changed.add(number)

    def remove(self, store: PieceStore, slots: NDArray[np.int64]) -> None:
        """Let rows go, and rewrite their pieces, where nothing else would show after a restore that they have left."""
        for number, count in Counter(self.table.drop(slots).tolist()).items():
            self._pieces[number].left -= count
            if self._pieces[number].left:
                self._rewrite(store, [number])
            else:
                self._changed.discard(number)
                self._forget(store, number)

    def tidy(self, store: PieceStore) -> bool:
        """Free what rows that left hold in the store and in memory, and return whether slots have changed.

        Slots of the rows that are left are then 0, 1, 2 and so on, in their order.
        """
        for number in self._changed & self._pieces.keys():
            piece = self._pieces[number]
            if not piece.left:
                self._forget(store, number)
            elif piece.size >= _LARGE_ROWS and 2 * piece.left < piece.size:
                self._rewrite(store, [number])
        self._changed.clear()
        for numbers in [each for each in self._small.values() if len(each) >= _MERGED]:
            self._rewrite(store, sorted(numbers))
        return self._shrink()

    def _keep(self, number: int, piece: _Piece) -> None:
        self._pieces[number] = piece
        self._changed.add(number)
        if piece.size < _LARGE_ROWS:
            self._small.setdefault(_magnitude(piece.size), set()).add(number)

    def _forget(self, store: PieceStore, number: int) -> None:
        piece = self._pieces.pop(number)
        self._small.get(_magnitude(piece.size), set()).discard(number)
        store.remove(number)

    def _rewrite(self, store: PieceStore, numbers: Iterable[int]) -> None:
        """Put the rows that are left of some pieces into one."""
        slots = np.concatenate([self._pieces[number].slots for number in numbers])
        slots = slots[self.table.is_left(slots)]
        for number in numbers:
            self._forget(store, number)
        written = next(self._numbers)
        store.put(written, self.table.take(slots).encode(self.kind))
        self.table.move(slots, written)
        self._keep(written, _Piece(slots, len(slots), len(slots)))

    def _shrink(self) -> bool:
        moved = self.table.shrink()
        if moved is None:
            return False
        for piece in self._pieces.values():
            at = moved.searchsorted(piece.slots)
            piece.slots = at[moved.take(at, mode="clip") == piece.slots] if len(moved) else piece.slots[:0]
        return True


def _magnitude(size: int) -> int:
    return size.bit_length() // 3

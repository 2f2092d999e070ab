"""Rows as one matrix of numbers and the bytes of their texts: the form of rows in a join, whatever their columns.

By convention of this package the first number of a row is its event time. Bit 0 of the second says that the id is NULL.
An id that is a number is in a column that `RowShape` names, and one that is a text is the first of the texts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from state.sliding.errors import StateError

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
TIME, NULLS = 0, 1
"""Columns of the event time, and of the bits of NULL values, of which bit 0 is the id's."""

Id: TypeAlias = "int | bytes"

_HEADER = struct.Struct("<BBIHH")
_WIDTH_OF = (0, 1, 2, 4, 4, 8, 8, 8, 8)
"""Bytes of a number as it is kept, by the bytes that it takes."""
_UNSIGNED = {width: np.dtype(f"<u{width}") for width in (1, 2, 4, 8)}


@dataclass(frozen=True)
class RowShape:
    """Number of values of a row.

    Attributes:
        numbers: of its numbers, time and NULL bits among them.
        texts: of its texts.
        id_column: column of an id that is a number; None: it is the first text.
    """

    numbers: int
    texts: int
    id_column: int | None

    def ids(self, rows: PackedRows) -> list[Id]:
        """Return the id of each row; texts as bytes, as a NULL any value."""
        if self.id_column is not None:
            numbers: list[Id] = rows.numbers[:, self.id_column].tolist()
            return numbers
        data, ends = rows.data[0].tobytes(), rows.lengths[:, 0].cumsum()
        begins = ends - rows.lengths[:, 0]
        return [data[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]


@dataclass(frozen=True)
class PackedRows:
    """Rows.

    Attributes:
        numbers: ``(n, k)`` int64; a double as its bits.
        lengths: bytes of each text, ``(n, t)`` int64.
        data: bytes of the texts of each of the ``t`` columns, end to end, ``uint8``.
    """

    numbers: NDArray[np.int64]
    lengths: NDArray[np.int64]
    data: tuple[NDArray[np.uint8], ...]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def times(self) -> NDArray[np.int64]:
        """Event times in epoch milliseconds, ``(n,)``."""
        return self.numbers[:, TIME]

    def take(self, places: NDArray[np.int64]) -> PackedRows:
        """Return the rows at some places, in that order."""
        lengths = self.lengths.take(places, axis=0)
        data = tuple(
            gathered(texts, (own.cumsum() - own).take(places), taken)
            for texts, own, taken in zip(self.data, self.lengths.T, lengths.T, strict=True)
        )
        return PackedRows(self.numbers.take(places, axis=0), lengths, data)

    def encode(self, kind: int) -> bytes:
        """Return the rows as bytes.

        Args:
            kind: number of one byte, which `decode` returns.
        """
        shape = self.numbers.shape[1], self.lengths.shape[1]
        parts = [_HEADER.pack(VERSION, kind, len(self), *shape), *_integers(self.numbers), *_integers(self.lengths)]
        parts += [texts.tobytes() for texts in self.data]
        return b"".join(parts)

    @staticmethod
    def decode(data: bytes) -> tuple[int, PackedRows]:
        """Return the kind and the rows of `encode`.

        Raises:
            StateError: the bytes are of another version of the format, or cut off.
        """
        if data[0] != VERSION:
            msg = f"label state: expected rows of format {VERSION}, got format {data[0]}; use their own release"
            raise StateError(msg)
        try:
            return _decoded(data)
        except (ValueError, struct.error) as error:
            msg = f"label state: expected whole rows, got {len(data)} bytes; they are cut off"
            raise StateError(msg) from error

    @staticmethod
    def concatenate(parts: Sequence[PackedRows]) -> PackedRows:
        """Return the rows of all parts, of which there is at least one, one part after the other."""
        if len(parts) == 1:
            return parts[0]
        return PackedRows(
            np.concatenate([part.numbers for part in parts]),
            np.concatenate([part.lengths for part in parts]),
            tuple(np.concatenate(texts) for texts in zip(*(part.data for part in parts), strict=True)),
        )


def gathered(data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return texts end to end that lie anywhere in some bytes.

    >>> gathered(np.frombuffer(b"abcdef", np.uint8), np.array([4, 0]), np.array([2, 1])).tobytes()
    b'efa'
    """
    ends = lengths.cumsum()
    # Byte b of a text is at its start plus b: its place in the result, moved by a constant.
    moved = np.repeat(starts - ends + lengths, lengths)
    moved += np.arange(len(moved))
    return data.take(moved)


def _decoded(data: bytes) -> tuple[int, PackedRows]:
    _, kind, size, width, texts = _HEADER.unpack_from(data)
    place = _HEADER.size
    numbers, place = _read_integers(data, place, size, width)
    lengths, place = _read_integers(data, place, size, texts)
    found = []
    for count in lengths.sum(axis=0).tolist():
        found.append(np.frombuffer(data, np.uint8, count, place))
        place += count
    return kind, PackedRows(numbers, lengths, tuple(found))


def _integers(matrix: NDArray[np.int64]) -> Iterator[bytes]:
    """Yield columns of integers: the least of each, bytes a value, then offsets from the least in so many bytes."""
    if not matrix.size:
        return
    least = matrix.min(axis=0)
    offsets = matrix.view(np.uint64) - least.view(np.uint64)
    widths = [_WIDTH_OF[(most.bit_length() + 7) // 8] for most in offsets.max(axis=0).tolist()]
    yield least.astype("<i8").tobytes()
    yield bytes(widths)
    for column, width in zip(offsets.T, widths, strict=True):
        if width:
            yield column.astype(_UNSIGNED[width]).tobytes()


def _read_integers(data: bytes, place: int, size: int, count: int) -> tuple[NDArray[np.int64], int]:
    """Return the columns of integers at a place, ``(size, count)``, and the place after them."""
    if not size * count:
        return np.empty((size, count), np.int64), place
    least = np.frombuffer(data, "<i8", count, place)
    widths = np.frombuffer(data, np.uint8, count, place + 8 * count).tolist()
    place += 9 * count
    offsets = np.zeros((size, count), np.uint64)
    for column, width in enumerate(widths):
        if width:
            offsets[:, column] = np.frombuffer(data, _UNSIGNED[width], size, place)
            place += width * size
    return (offsets + least.view(np.uint64)).view(np.int64), place

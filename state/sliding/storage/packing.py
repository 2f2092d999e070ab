"""Columns as bytes: lossless, and as small as the range of their values allows.

All numbers are little-endian. Integers are offsets from the smallest, in the fewest bytes that hold the largest.
Doubles that are decimals of some digits are stored as such integers, all others as they are.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from state.sliding.rows import Column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.plan import Kind

_INTEGERS = struct.Struct("<Bq")  # bytes a value, smallest value
_WIDTHS = (0, 1, 2, 4, 8)
_RAW, _NO_NULLS, _SOME_NULLS = 0xFF, 0, 1


class Writer:
    """Bytes under construction."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def bytes(self) -> bytes:
        """Return all that was written."""
        return b"".join(self._parts)

    def integers(self, values: NDArray[np.int64]) -> None:
        """Write integers."""
        least, most = (int(values.min()), int(values.max())) if len(values) else (0, 0)
        width = next(width for width in _WIDTHS if most - least < 256**width)
        self._parts.append(_INTEGERS.pack(width, least))
        if width:
            offsets = values.view(np.uint64) - np.array(least, np.int64).view(np.uint64)
            self._parts.append(offsets.astype(f"<u{width}").tobytes())

    def mask(self, mask: NDArray[np.bool_]) -> None:
        """Write a mask."""
        self._parts.append(np.packbits(mask, bitorder="little").tobytes())

    def column(self, column: Column, kind: Kind, digits: int) -> None:
        """Write a column.

        Args:
            column: the values.
            kind: their type.
            digits: after the point, if doubles are likely to be decimals.
        """
        values, nulls = column
        has_nulls = nulls is not None and bool(nulls.any())
        self._parts.append(bytes([_SOME_NULLS if has_nulls else _NO_NULLS]))
        if nulls is not None and has_nulls:
            self.mask(nulls)
            values = np.where(nulls, "" if kind == "text" else values.dtype.type(0), values)
        if kind == "integer":
            self.integers(values)
        elif kind == "double":
            self._doubles(values, digits)
        else:
            self._texts(values.tolist())

    def _doubles(self, values: NDArray[np.float64], digits: int) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.rint(values * 10.0**digits)
        if (np.abs(scaled) < 2.0**53).all():
            whole = scaled.astype(np.int64)
            # Bits, as -0.0 equals 0.0 and is no integer.
            if np.array_equal((whole / 10.0**digits).view(np.int64), values.view(np.int64)):
                self._parts.append(bytes([digits]))
                self.integers(whole)
                return
        self._parts.append(bytes([_RAW]))
        self._parts.append(values.astype("<f8").tobytes())

    def _texts(self, texts: list[str]) -> None:
        numbers: dict[str, int] = {}
        codes = [numbers.setdefault(text, len(numbers)) for text in texts]
        encoded = [text.encode("utf-8", "surrogatepass") for text in numbers]
        self._parts.append(struct.pack("<I", len(encoded)))
        self.integers(np.array(codes, np.int64))
        self.integers(np.array([len(text) for text in encoded], np.int64))
        self._parts += encoded


class Reader:
    """Bytes that a `Writer` wrote.

    Args:
        data: the bytes.
        place: where to begin.
    """

    def __init__(self, data: bytes, place: int) -> None:
        self._data, self._place = data, place

    @property
    def left(self) -> int:
        """Number of bytes not read yet."""
        return len(self._data) - self._place

    def integers(self, count: int) -> NDArray[np.int64]:
        """Read integers."""
        width, least = _INTEGERS.unpack(self._bytes(_INTEGERS.size))
        if not width:
            return np.full(count, least, np.int64)
        offsets = np.frombuffer(self._bytes(width * count), f"<u{width}").astype(np.uint64)
        values: NDArray[np.int64] = (offsets + np.array(least, np.int64).view(np.uint64)).view(np.int64)
        return values

    def mask(self, count: int) -> NDArray[np.bool_]:
        """Read a mask."""
        packed = np.frombuffer(self._bytes((count + 7) // 8), np.uint8)
        return np.unpackbits(packed, count=count, bitorder="little").astype(np.bool_)

    def column(self, kind: Kind, count: int) -> Column:
        """Read a column."""
        nulls = self.mask(count) if self._byte() == _SOME_NULLS else None
        values: NDArray[Any]
        if kind == "integer":
            values = self.integers(count)
        elif kind == "double":
            values = self._doubles(count)
        else:
            values = self._texts(count)
        return Column(values, nulls)

    def _doubles(self, count: int) -> NDArray[np.float64]:
        digits = self._byte()
        if digits == _RAW:
            return np.frombuffer(self._bytes(8 * count), "<f8").astype(np.float64)
        return self.integers(count) / 10.0**digits

    def _texts(self, count: int) -> NDArray[np.object_]:
        (number,) = struct.unpack("<I", self._bytes(4))
        codes, lengths = self.integers(count), self.integers(number)
        texts = [self._bytes(length).decode("utf-8", "surrogatepass") for length in lengths.tolist()]
        return np.array([*texts, None], object)[:-1].take(codes)

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        self._place += count
        return self._data[self._place - count : self._place]

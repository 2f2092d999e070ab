"""Cells: values of features with their types and event times, as arrays and as the bytes that a backend keeps.

A packed cell is 8 bytes of event time (milliseconds since 1970, signed, big-endian), one byte for the kind, and the
value: 8 bytes of a float64, an int64 or a boolean (little-endian), the UTF-8 of a text, or nothing for "no value".
A number takes 17 bytes. A cell that was never written, and one written as "no value", are both missing; NaN is a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

HEAD = 9
_NUMBER = np.dtype([("time", ">i8"), ("kind", "u1"), ("bits", "<i8")])
# Times beyond lose their last bits in Lua, whose numbers are float64.
MAX_TIME_MS = 1 << 53
_WHOLE = 1 << 63


class Kind(IntEnum):
    """Type of a cell."""

    MISSING = 0
    FLOAT = 1
    INT = 2
    BOOL = 3
    TEXT = 4


@dataclass(frozen=True)
class Cells:
    """Values of n rows and k names; arrays of shape (n, k).

    Attributes:
        kinds: `Kind` of each cell, uint8.
        times_ms: event time of each value, int64; 0 where it is missing.
        bits: the 8 bytes of a number as int64; 0 for texts.
        texts: texts; None where a cell is none.
    """

    kinds: NDArray[np.uint8]
    times_ms: NDArray[np.int64]
    bits: NDArray[np.int64]
    texts: NDArray[np.object_]

    @classmethod
    def empty(cls, rows: int, names: int) -> Cells:
        """Return cells that are all missing."""
        shape = (rows, names)
        return cls(
            np.zeros(shape, np.uint8),
            np.zeros(shape, np.int64),
            np.zeros(shape, np.int64),
            np.full(shape, None, object),
        )

    def take(self, rows: NDArray[np.intp]) -> Cells:
        """Return the cells of some rows, which may repeat."""
        # `take` is quicker than an index here.
        kinds, times_ms = self.kinds.take(rows, axis=0), self.times_ms.take(rows, axis=0)
        return Cells(kinds, times_ms, self.bits.take(rows, axis=0), self.texts.take(rows, axis=0))

    def put(self, rows: NDArray[np.intp], cells: Cells) -> None:
        """Replace rows in place."""
        self.kinds[rows], self.times_ms[rows] = cells.kinds, cells.times_ms
        self.bits[rows], self.texts[rows] = cells.bits, cells.texts

    def not_before(self, oldest_ms: NDArray[np.int64]) -> Cells:
        """Return the cells with those older than a time missing.

        Args:
            oldest_ms: earliest event time that still counts, (n,).
        """
        is_old = self.times_ms < oldest_ms[:, np.newaxis]
        if not is_old.any():
            return self
        times, bits = np.where(is_old, 0, self.times_ms), np.where(is_old, 0, self.bits)
        texts = self.texts.copy()
        texts[is_old] = None
        kinds = np.where(is_old, np.uint8(Kind.MISSING), self.kinds)
        return Cells(kinds, times, bits, texts)


def pack_column(values: ArrayLike, times_ms: NDArray[np.int64]) -> list[bytes]:
    """Return the packed cells of a column; None in a column of objects is "no value".

    Args:
        values: floats, whole numbers, booleans, or objects of these and texts, (n,).
        times_ms: event times, (n,).

    Raises:
        TypeError: a value is of another type.
        ValueError: a whole number has more than 64 bits.

    Example:
        >>> [cell.hex() for cell in pack_column([1.0], np.array([1]))]
        ['000000000000000101000000000000f03f']
    """
    given = _as_array(values)
    kind = {"f": Kind.FLOAT, "i": Kind.INT, "u": Kind.INT, "b": Kind.BOOL}.get(given.dtype.kind)
    if kind is None:
        return [_pack(value, time) for value, time in zip(given.tolist(), times_ms.tolist(), strict=True)]
    cells = np.empty(len(given), _NUMBER)
    cells["time"], cells["kind"] = times_ms, kind
    if given.dtype == np.uint64 and len(given):
        _check_whole(int(given.max()))
    numbers = given.astype(np.float64).view(np.int64) if kind is Kind.FLOAT else given.astype(np.int64)
    cells["bits"] = numbers
    packed: list[bytes] = cells.view(f"V{_NUMBER.itemsize}").tolist()
    return packed


def _as_array(values: ArrayLike) -> NDArray[Any]:
    """Return values as an array that keeps the type of each."""
    given = np.asarray(values)
    if given.dtype.kind in "fiubO":
        return given
    if isinstance(values, np.ndarray):
        if given.dtype.kind != "U":
            msg = f"expected numbers, booleans, texts or None, got {given.dtype}"
            raise TypeError(msg)
        return given
    # NumPy makes texts of numbers beside texts, and cuts zeros off their ends.
    return np.fromiter(values, object, len(given))  # type: ignore[arg-type]


def _check_whole(number: int) -> None:
    if not -_WHOLE <= number < _WHOLE:
        msg = f"expected whole numbers of 64 bits, from -2^63 to 2^63 - 1, got {number}"
        raise ValueError(msg)


def _pack(value: Any, time_ms: int) -> bytes:
    time = time_ms.to_bytes(8, "big", signed=True)
    if value is None:
        return time + bytes([Kind.MISSING])
    if isinstance(value, str):
        return time + bytes([Kind.TEXT]) + value.encode()
    if isinstance(value, int):
        _check_whole(value)
    if isinstance(value, bool | int | float | np.number | np.bool_):
        return pack_column(np.asarray([value]), np.array([time_ms]))[0]
    msg = f"expected a number, a boolean, a text or None, got {type(value).__name__}"
    raise TypeError(msg)


def unpack_cells(rows: Sequence[Sequence[bytes | None]], names: int) -> Cells:
    """Return cells from a backend's bytes; bytes in another form count as missing.

    Args:
        rows: packed cells of n rows, each of ``names`` cells; None: never written.
        names: number of names, k.
    """
    flat = [cell or b"" for row in rows for cell in row]
    cells = Cells.empty(len(flat), 1)
    lengths = np.fromiter(map(len, flat), np.intp, len(flat))
    numbers = np.flatnonzero(lengths == _NUMBER.itemsize)
    raw = np.frombuffer(b"".join([flat[place] for place in numbers]), _NUMBER)
    is_number = (raw["kind"] >= Kind.FLOAT) & (raw["kind"] <= Kind.BOOL)
    at, raw = numbers[is_number], raw[is_number]
    cells.kinds[at, 0], cells.times_ms[at, 0], cells.bits[at, 0] = raw["kind"], raw["time"], raw["bits"]
    for place in np.flatnonzero((lengths >= HEAD) & (cells.kinds[:, 0] == Kind.MISSING)).tolist():
        cell = flat[place]
        if cell[8] == Kind.TEXT:
            cells.kinds[place], cells.times_ms[place] = Kind.TEXT, int.from_bytes(cell[:8], "big", signed=True)
            cells.texts[place, 0] = cell[HEAD:].decode(errors="replace")
    shape = (len(rows), names)
    return Cells(
        cells.kinds.reshape(shape), cells.times_ms.reshape(shape), cells.bits.reshape(shape), cells.texts.reshape(shape)
    )


def packed_time_ms(cell: bytes) -> int:
    """Return the event time of a packed cell."""
    return int.from_bytes(cell[:8], "big", signed=True)


def check_times(times_ms: NDArray[Any]) -> None:
    """Refuse event times that a backend cannot compare.

    Raises:
        ValueError: a time is beyond 2^53 ms on either side of 1970.
    """
    if len(times_ms) and max(abs(int(times_ms.min())), abs(int(times_ms.max()))) >= MAX_TIME_MS:
        msg = "event times: expected milliseconds since 1970 below 2^53, got a larger number; are these microseconds?"
        raise ValueError(msg)


def check_lengths(rows: int, columns: Mapping[str, ArrayLike]) -> None:
    """Refuse columns that have not a value for each row.

    Raises:
        ValueError: a length differs.
    """
    lengths = {name: len(np.asarray(values)) for name, values in columns.items()}
    wrong = [f"{name} {length}" for name, length in lengths.items() if length != rows]
    if wrong:
        msg = f"expected a value for each of {rows} keys, got {', '.join(wrong)}"
        raise ValueError(msg)


def pack_rows(columns: Mapping[str, ArrayLike], times_ms: NDArray[np.int64]) -> list[tuple[bytes, ...]]:
    """Return the packed cells of each row, in the order of the columns."""
    return list(zip(*(pack_column(values, times_ms) for values in columns.values()), strict=True))

"""Rows in memory at slots, in arrays that grow, and shrink when most rows have left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from state.labels.packed_rows import TIME, PackedRows, RowShape, gathered

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = np.iinfo(np.int64).max
"""Time of a row that has left."""

_LEAST_ROWS, _LEAST_BYTES = 64, 1024


class RowTable:
    """Rows, each with a time at which it is due and the number of the piece that it is saved in.

    A look for rows that are due reads the times of all, at less than a nanosecond each. The earliest is remembered.

    Args:
        shape: of the rows.
    """

    def __init__(self, shape: RowShape) -> None:
        self._numbers, self._texts = shape.numbers, shape.texts
        self._clear()

    def _clear(self) -> None:
        # The numbers of a row, then where each text begins, then how long each is.
        self._rows = np.empty((_LEAST_ROWS, self._numbers + 2 * self._texts), np.int64)
        self._due, self._piece = (np.full(_LEAST_ROWS, NEVER) for _ in range(2))
        self._data, self._data_end = np.empty(_LEAST_BYTES, np.uint8), 0
        self._end = self._left = 0
        self._earliest: int | None = NEVER

    def __len__(self) -> int:
        return self._left

    @property
    def next_due(self) -> int:
        """The earliest time at which a row is due; ``NEVER``: there is no row."""
        if self._earliest is None:
            self._earliest = int(self._due[: self._end].min(initial=NEVER))
        return self._earliest

    def next_slots(self, count: int) -> NDArray[np.int64]:
        """Return the slots that so many rows would be added at."""
        return np.arange(self._end, self._end + count)

    def append(self, rows: PackedRows, due: NDArray[np.int64], piece: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Add rows, and return their slots, which ascend."""
        begin, end, slots = self._end, self._end + len(rows), self.next_slots(len(rows))
        for name in ("_rows", "_due", "_piece"):
            setattr(self, name, _with_room(getattr(self, name), begin, len(rows)))
        held = self._rows[begin:end]
        held[:, : self._numbers] = rows.numbers
        for column, texts in enumerate(rows.data, self._numbers):
            lengths = rows.lengths[:, column - self._numbers]
            held[:, column] = lengths.cumsum() - lengths + self._data_end
            held[:, column + self._texts] = lengths
            self._data = _with_room(self._data, self._data_end, len(texts))
            self._data[self._data_end : self._data_end + len(texts)] = texts
            self._data_end += len(texts)
        self._due[begin:end] = due
        if self._earliest is not None:
            self._earliest = min(self._earliest, int(due.min(initial=NEVER)))
        self._piece[begin:end] = piece
        self._end, self._left = end, self._left + len(rows)
        return slots

    def take(self, slots: NDArray[np.int64]) -> PackedRows:
        """Return the rows at some slots, in that order."""
        held = self._rows.take(slots, axis=0)
        texts = self._numbers + self._texts
        starts, lengths = held[:, self._numbers : texts], held[:, texts:]
        data = tuple(gathered(self._data, begin, count) for begin, count in zip(starts.T, lengths.T, strict=True))
        return PackedRows(held[:, : self._numbers], lengths, data)

    def times(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the event times of the rows at some slots."""
        times: NDArray[np.int64] = self._rows[slots, TIME]
        return times

    def due(self, watermark: int) -> NDArray[np.int64]:
        """Return the slots of rows whose time a watermark has reached."""
        return np.flatnonzero(self._due[: self._end] <= min(watermark, NEVER - 1))

    def slots(self) -> NDArray[np.int64]:
        """Return the slots of all rows."""
        return self.due(NEVER)

    def drop(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Let rows go, and return the piece of each."""
        if self._earliest is not None and self._due.take(slots).min(initial=NEVER) <= self._earliest:
            self._earliest = None
        self._due[slots] = NEVER
        self._left -= len(slots)
        return self._piece.take(slots)

    def is_left(self, slots: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which slots have a row."""
        is_left: NDArray[np.bool_] = self._due.take(slots) != NEVER
        return is_left

    def move(self, slots: NDArray[np.int64], piece: int) -> None:
        """Tell that rows are saved in another piece."""
        self._piece[slots] = piece

    def shrink(self) -> NDArray[np.int64] | None:
        """Move the rows together if less than a third of the slots have one.

        Returns:
            The slots that the rows had, ascending; those are 0, 1, 2 and so on now. None: all are where they were.
        """
        if self._end <= _LEAST_ROWS or 3 * self._left >= self._end:
            return None
        slots = self.slots()
        rows, due, piece = self.take(slots), self._due.take(slots), self._piece.take(slots)
        self._clear()
        self.append(rows, due, piece)
        return slots


def _with_room(values: NDArray[Any], end: int, count: int) -> NDArray[Any]:
    """Return an array with room for more values after its first ``end``."""
    if end + count <= len(values):
        return values
    grown = np.empty((2 * (end + count), *values.shape[1:]), values.dtype)
    grown[:end] = values[:end]
    return grown

"""The log: rows of all keys in the order of event time, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

_LEAST_CAPACITY = 1 << 10
_MOST_ROOM = 8  # times the rows that are left


class RowLog:
    """Columns that rows are appended to at the end and evicted from at the start.

    The n-th row ever appended has place n. Rows come in the order of their times.

    Attributes:
        start: place of the oldest row that is left.
        end: place of the next row.
    """

    def __init__(self) -> None:
        self.start = self.end = 0
        self._first = 0  # place of the first element of the arrays
        self._columns: dict[str, NDArray[Any]] = {}
        self.add_column("time", np.int64)
        self.add_column("key", np.int32)

    def __len__(self) -> int:
        return self.end - self.start

    def add_column(self, name: str, dtype: DTypeLike, width: int | None = None) -> None:
        """Add a column of zeros, with `width` numbers a row."""
        capacity = len(self._columns["time"]) if self._columns else _LEAST_CAPACITY
        self._columns[name] = np.zeros(capacity if width is None else (capacity, width), dtype)

    def replace_column(self, name: str, values: NDArray[Any]) -> None:
        """Give the rows that are left other values, which may have another width."""
        self._columns[name] = _moved(values, len(self._columns["time"]), self.start - self._first)

    def append(self, times: NDArray[np.int64], keys: NDArray[np.int32]) -> None:
        """Append rows; their values in other columns are undefined until they are set."""
        count = len(times)
        if self.end - self._first + count > len(self._columns["time"]):
            self._move(count)
        self.end += count
        self.view("time", self.end - count)[:] = times
        self.view("key", self.end - count)[:] = keys

    def view(self, name: str, begin: int, end: int | None = None) -> NDArray[Any]:
        """Return the values of the rows from place `begin` to before `end`, by default the log's end; writable."""
        return self._columns[name][begin - self._first : (self.end if end is None else end) - self._first]

    def take(self, name: str, places: NDArray[np.int64]) -> NDArray[Any]:
        """Return a copy of the values of rows at any places."""
        return self._columns[name].take(places - self._first, axis=0)

    def put(self, name: str, places: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Set the values of rows at any places."""
        self._columns[name][places - self._first] = values

    def place_after(self, time: int, begin: int | None = None) -> int:
        """Return the place of the first row later than a time, at or after place `begin`."""
        begin = self.start if begin is None else begin
        return begin + int(self.view("time", begin).searchsorted(time, side="right"))

    def evict(self, time: int) -> None:
        """Evict rows up to a time, that time included, and free the memory that a burst of rows took."""
        self.start = self.place_after(time)
        if len(self._columns["time"]) > _MOST_ROOM * max(len(self), _LEAST_CAPACITY):
            self._move(0)

    def renumber(self, number: NDArray[np.int32]) -> None:
        """Give keys other numbers: that of key k becomes ``number[k]``."""
        keys = self.view("key", self.start)
        keys[:] = number.take(keys)

    def _move(self, count: int) -> None:
        """Move the rows that are left into arrays with room for `count` more, and for as many again."""
        capacity = max(_LEAST_CAPACITY, 2 * (len(self) + count))
        for name in self._columns:
            self._columns[name] = _moved(self.view(name, self.start), capacity, 0)
        self._first = self.start


def _moved(values: NDArray[Any], capacity: int, at: int) -> NDArray[Any]:
    moved = np.empty((capacity, *values.shape[1:]), values.dtype)
    moved[at : at + len(values)] = values
    return moved

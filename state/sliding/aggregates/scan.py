"""Maxima over windows that a batch is longer than: from its rows and those of the log just before it.

As a batch is longer than the window, no row before it is in the reach of two such batches. So this, too, costs a few
operations a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.sliding.aggregates.segments import running_maxima, running_maxima_backwards, segment_starts, stable_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.batch import SortedBatch
    from state.sliding.log import RowLog


class RecentRows:
    """The rows of a batch and those before it that its windows reach, by key and then time.

    Args:
        batch: rows, which the log has already.
        log: rows of all keys.
        window_ms: length of the window.
    """

    def __init__(self, batch: SortedBatch, log: RowLog, window_ms: int) -> None:
        self._log, self._batch = log, batch
        self._begin = log.place_after(batch.first_time - window_ms)
        numbers = log.view("key", self._begin)
        self._order = stable_order(numbers)
        self._number = numbers.take(self._order)
        self._time = log.view("time", self._begin).take(self._order)
        self._block = self._time // window_ms
        starts = segment_starts(self._number)
        self._key_start = np.repeat(starts, np.diff(starts, append=len(self._number)))
        self._window_ms = window_ms

    def maxima(self, column: str) -> NDArray[np.int64]:
        """Return the largest code in the window of each row of the batch, by key."""
        values = self._log.view(column, self._begin).take(self._order)
        is_start = np.zeros(len(values), np.bool_)
        is_start[segment_starts(self._block)] = True
        is_start[self._key_start] = True
        starts = np.flatnonzero(is_start)
        until, since = running_maxima(values, starts), running_maxima_backwards(values, starts)
        rows = np.flatnonzero(self._order >= len(self._order) - len(self._batch))
        ends = rows if self._batch.group_ends is None else rows.take(self._batch.group_ends)
        first = self._first_in_window(rows)
        is_split = self._block.take(first) != self._block.take(rows)
        return np.where(is_split, np.maximum(until.take(ends), since.take(first)), until.take(ends))

    def _first_in_window(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first row of the key that is in the window of each of some rows."""
        rank = np.cumsum(self._key_start == np.arange(len(self._key_start))) - 1
        base = int(self._time.min()) - self._window_ms
        bits = int(self._time.max() - base).bit_length()
        code = rank << bits | (self._time - base)
        first: NDArray[np.int64] = code.searchsorted(code.take(rows) - self._window_ms, side="right")
        return first

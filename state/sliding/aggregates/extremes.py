"""Minima and maxima over sliding windows, by blocks: a few operations a row, whatever the window's length.

Event time is cut into blocks as long as the window. A window ``(t - w, t]`` is then the end of one block and the start
of the next: its maximum is the larger of

- the running maximum of the key in the block of t, and
- the maximum of the key's rows in the block before that are later than ``t - w``. It is computed backwards for all rows
  of a block at once, when the first row of the next block comes.

A batch that spans a window or more would cross many blocks: `scan` computes its maxima from the rows themselves.

Source: van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels", Pattern
Recognition Letters 13, 1992; Gil and Werman, "Computing 2-D min, median, and max filters", IEEE TPAMI 15, 1993.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.sliding.aggregates.scan import RecentRows
from state.sliding.aggregates.segments import (
    running_maxima,
    running_maxima_backwards,
    segment_starts,
    stable_order,
)
from state.sliding.codes import LEAST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.batch import SortedBatch
    from state.sliding.crossing import Crossing
    from state.sliding.key_table import KeyTable
    from state.sliding.log import RowLog


class SlidingMaximum:
    """The largest code of each key in one window.

    Args:
        name: of the log's column with the codes, `LEAST` for rows that do not count; its arrays are named after it.
        window_ms: length of the window.
        log: rows and their codes.
        keys: gets arrays of its own.
    """

    def __init__(self, name: str, window_ms: int, log: RowLog, keys: KeyTable) -> None:
        self.window_ms = window_ms
        self._column = name
        self._log, self._keys = log, keys
        self._block: int | None = None
        self._left = np.empty(0, np.int64)  # maxima after each row of the block before
        self._left_start = 0  # place of its first row
        arrays = [f"{part} of {name} in {window_ms}" for part in ("here", "here_block", "before", "before_block")]
        self._here, self._here_block, self._before, self._before_block = arrays
        for array in arrays:
            keys.add(array, np.int64, fill=LEAST)

    def prepare(self, batch: SortedBatch, crossed: int) -> None:
        """Turn to the block of a batch that spans less than a window; its rows are not in the log yet.

        Args:
            batch: rows of one block.
            crossed: place in the log that the window's start came to with the batch before.
        """
        block = batch.first_time // self.window_ms
        if batch.last_time // self.window_ms != block:
            self._block = None
        elif block != self._block:
            self._block = block
            self._read_block()
            self._read_block_before(crossed)

    def add(self, batch: SortedBatch, codes: NDArray[np.int64], offset: int, crossing: Crossing) -> NDArray[np.int64]:
        """Return each row's maximum.

        Args:
            batch: rows, which the log has already.
            codes: their codes.
            offset: position of the window among the crossing's offsets.
            crossing: rows that left the window.
        """
        if self._block is None:
            return RecentRows(batch, self._log, self.window_ms).maxima(self._column)
        carry = self._current(self._here, self._here_block, batch.keys)
        maxima = running_maxima(codes, batch.starts)
        maxima = np.maximum(maxima, carry.take(batch.segment))
        self._set(self._here, self._here_block, batch.keys, maxima.take(batch.lasts))
        before = self._current(self._before, self._before_block, batch.number)
        rows, places = crossing.of(offset)
        rows, places = self._in_block_before(rows, places)
        before[rows] = self._left.take(places - self._left_start)
        self._leave(*crossing.slices[offset])
        return np.maximum(batch.at_group_end(maxima), before)

    def _read_block(self) -> None:
        """Compute the running maxima of this block from the log, which has rows of it after a long batch."""
        begin = self._log.place_after((self._block or 0) * self.window_ms - 1)
        numbers, order = self._by_key(begin, self._log.end)
        if len(order):
            codes = self._log.view(self._column, begin).take(order)
            starts = segment_starts(numbers)
            self._set(self._here, self._here_block, numbers.take(starts), np.maximum.reduceat(codes, starts))

    def _read_block_before(self, crossed: int) -> None:
        """Compute for each row of the block before the maximum of its key's later rows there."""
        start = (self._block or 0) * self.window_ms
        begin = self._log.place_after(start - self.window_ms - 1)
        end = self._log.place_after(start - 1)
        self._left_start = begin
        self._left = np.full(end - begin, LEAST, np.int64)
        numbers, order = self._by_key(begin, end)
        if not len(order):
            return
        starts = segment_starts(numbers)
        codes = self._log.view(self._column, begin, end).take(order)
        maxima = running_maxima_backwards(codes, starts)
        self._set(self._before, self._before_block, numbers.take(starts), maxima.take(starts))
        is_last = np.zeros(len(order), np.bool_)
        is_last[np.append(starts[1:], len(order)) - 1] = True
        self._left[order] = np.where(is_last, LEAST, np.append(maxima[1:], LEAST))
        self._leave(begin, crossed)

    def _leave(self, begin: int, end: int) -> None:
        """Let rows of the block before leave the window."""
        begin, end = max(begin, self._left_start), min(end, self._left_start + len(self._left))
        if begin < end:
            left = self._left[begin - self._left_start : end - self._left_start]
            # Rows come by time, so the last row of a key stays.
            self._set(self._before, self._before_block, self._log.view("key", begin, end), left)

    def _in_block_before(
        self, rows: NDArray[np.int64], places: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        is_in = (places >= self._left_start) & (places < self._left_start + len(self._left))
        return rows[is_in], places[is_in]

    def _by_key(self, begin: int, end: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return key numbers of rows of the log by key, and the order that sorts them."""
        numbers = self._log.view("key", begin, end)
        order = stable_order(numbers)
        return numbers.take(order), order

    def _current(self, array: str, block: str, keys: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the values of keys that are of this block."""
        return np.where(self._keys[block].take(keys) == self._block, self._keys[array].take(keys), LEAST)

    def _set(self, array: str, block: str, keys: NDArray[np.int32], values: NDArray[np.int64]) -> None:
        self._keys[array][keys] = values
        self._keys[block][keys] = self._block

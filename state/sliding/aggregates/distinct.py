"""Counts of distinct values over sliding windows, from counts alone.

A window holds as many distinct values as it has rows that are the last of their value. So the count at t is

- the rows up to t whose value the key did not have in the window before them (it begins to count), less
- the rows up to ``t - w`` whose value did not come again within a window (it ceases to count when they leave).

Both only ever grow. The first is known when a row comes, the second when it leaves the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from state.sliding.aggregates.latest import NEVER
from state.sliding.aggregates.segments import running_sums, segment_starts, stable_order
from state.sliding.indexes import CodeIndex, TextIndex
from state.sliding.key_table import KeyTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.batch import SortedBatch
    from state.sliding.crossing import Crossing
    from state.sliding.log import RowLog

_LONG_MS = np.int64(1 << 62)
_FEW_PAIRS = 1 << 10


class DistinctCount:
    """Distinct values of one selection by key, in windows of several lengths.

    Args:
        name: of its columns and arrays.
        windows_ms: lengths of the windows.
        is_text: values are texts, not numbers.
        log: gets columns of its own.
        keys: gets arrays of its own.
    """

    def __init__(self, name: str, windows_ms: Sequence[int], *, is_text: bool, log: RowLog, keys: KeyTable) -> None:
        self.windows_ms = tuple(windows_ms)
        self._log, self._keys = log, keys
        self._texts = TextIndex() if is_text else None
        self._pairs = CodeIndex(words=2)  # of key number and value
        self._seen = KeyTable()  # by number of a pair
        self._seen.add("time", np.int64, fill=NEVER)
        self._seen.add("place", np.int64, fill=-1)
        self._most_pairs = _FEW_PAIRS
        self._until_next = f"until next of {name}"
        self._begun = f"begun of {name}"
        self._ceased = [f"ceased of {name} in {window_ms}" for window_ms in self.windows_ms]
        log.add_column(self._until_next, np.int64)
        keys.add(self._begun, np.int64, (len(self.windows_ms),))
        for column in self._ceased:
            log.add_column(column, np.int64)
            keys.add(column, np.int64)

    def add(self, batch: SortedBatch, values: NDArray[Any], mask: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """Add rows, which the log has already; return for each row and window how many values began to count so far.

        Args:
            batch: the rows.
            values: by key: codes, or texts.
            mask: rows that count; None: all.
        """
        self._log.view(self._until_next, self._log.end - len(batch))[:] = 0
        rows = np.arange(len(batch)) if mask is None else np.flatnonzero(mask)
        since = np.zeros(len(batch), np.int64)
        if len(rows):
            since[rows] = self._match(batch, rows, values.take(rows))
        begins = since[:, None] >= np.array(self.windows_ms)
        carry = self._keys[self._begun].take(batch.keys, axis=0)
        begun = running_sums(begins.astype(np.int64), batch.starts, batch.segment, carry)
        self._keys[self._begun][batch.keys] = begun.take(batch.lasts, axis=0)
        return batch.at_group_end(begun)

    def cross(self, batch: SortedBatch, window: int, offset: int, crossing: Crossing) -> NDArray[np.int64]:
        """Return for each row how many values ceased to count up to the start of a window.

        Args:
            batch: the rows.
            window: position of the window.
            offset: its position among the crossing's offsets.
            crossing: rows that left the window.
        """
        column, (begin, end) = self._ceased[window], crossing.slices[offset]
        ceased = self._keys[column].take(batch.number)
        numbers = self._log.view("key", begin, end)
        if len(numbers):
            order = stable_order(numbers)
            numbers = numbers.take(order)
            starts = segment_starts(numbers)
            segment = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(numbers)))
            until_next = self._log.view(self._until_next, begin, end).take(order)
            is_last = (until_next >= self.windows_ms[window]).astype(np.int64)
            sums = running_sums(is_last, starts, segment, self._keys[column].take(numbers.take(starts)))
            self._log.view(column, begin, end)[order] = sums
            self._keys[column][numbers.take(starts)] = sums.take(np.append(starts[1:], len(numbers)) - 1)
        rows, places = crossing.of(offset)
        ceased[rows] = self._log.take(column, places)
        return ceased

    def forget(self, watermark: int) -> None:
        """Free pairs of key and value that are in no window of a row after the watermark, if they may be many."""
        if len(self._pairs) > self._most_pairs:
            self._keep(self._seen["time"][: len(self._pairs)] > watermark - max(self.windows_ms))
            self._most_pairs = max(_FEW_PAIRS, 2 * len(self._pairs))

    def renumber(self, number: NDArray[np.int32]) -> None:
        """Give keys other numbers: that of key k becomes ``number[k]``; below 0: the key is forgotten."""
        self._keep(number.take(self._pairs.words(0)) >= 0, number)

    def _keep(self, is_kept: NDArray[np.bool_], number: NDArray[np.int32] | None = None) -> None:
        kept = np.flatnonzero(is_kept)
        if number is not None:
            keys = self._pairs.words(0)
            keys[:] = number.take(keys)
        if self._texts is not None:
            codes = self._pairs.words(1)
            texts = np.unique(codes.take(kept))
            codes[kept] = texts.searchsorted(codes.take(kept))
            self._texts.keep(texts)
        self._pairs.keep(kept)
        self._seen.keep(kept)

    def _match(self, batch: SortedBatch, rows: NDArray[np.int64], values: NDArray[Any]) -> NDArray[np.int64]:
        """Tell the row of the same key and value before each row how long it took; return this, by row."""
        codes = values if self._texts is None else self._texts.numbers(values).astype(np.int64)
        pairs = self._pairs.numbers(batch.number.take(rows).astype(np.int64), codes)
        self._seen.grow(len(self._pairs))
        order = stable_order(pairs)
        pairs = pairs.take(order)
        starts = segment_starts(pairs)
        times = batch.time.take(rows).take(order)
        places = (self._log.end - len(batch) + batch.by_key).take(rows).take(order)
        earlier, earlier_place = np.roll(times, 1), np.roll(places, 1)
        earlier[starts] = self._seen["time"].take(pairs.take(starts))
        earlier_place[starts] = self._seen["place"].take(pairs.take(starts))
        since = times - earlier
        is_left = earlier_place >= self._log.start
        self._log.put(self._until_next, places, np.full(len(places), _LONG_MS))
        self._log.put(self._until_next, earlier_place[is_left], since[is_left])
        lasts = np.append(starts[1:], len(pairs)) - 1
        self._seen["time"][pairs.take(starts)] = times.take(lasts)
        self._seen["place"][pairs.take(starts)] = places.take(lasts)
        result = np.empty_like(since)
        result[order] = since
        return result

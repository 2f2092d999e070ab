"""Rows that cross an offset: their time plus the offset comes to lie behind the watermark.

A window of a row at t begins or ends at ``t - offset``. The rows of its key up to there are those that crossed the
offset in earlier batches, and some of those that cross it in this one. So a batch looks only at the slices of the log
that cross an offset with it, as many rows as come in a batch, whatever the length of the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from state.sliding.aggregates.segments import stable_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.batch import SortedBatch
    from state.sliding.key_table import KeyTable
    from state.sliding.log import RowLog

_ABSENT = -1
_BEFORE_ALL = np.array([-1])


class Offsets:
    """Offsets, and how far in the log each was crossed.

    Args:
        milliseconds: the offsets, positive.
        keys: gets an array of its own, in which a batch notes the places of its keys.
    """

    def __init__(self, milliseconds: Sequence[int], keys: KeyTable) -> None:
        self.milliseconds = tuple(milliseconds)
        self.crossed = [0] * len(self.milliseconds)  # places in the log
        self._keys = keys
        keys.add("rank", np.int32, fill=_ABSENT)

    def cross(self, log: RowLog, batch: SortedBatch, watermark: int) -> Crossing:
        """Move on to a watermark, after the batch was appended to the log."""
        begins = [max(place, log.start) for place in self.crossed]
        pairs = zip(self.milliseconds, begins, strict=True)
        self.crossed = [log.place_after(watermark - offset, begin) for offset, begin in pairs]
        slices = tuple(zip(begins, self.crossed, strict=True))
        ranks = self._keys["rank"]
        ranks[batch.keys] = np.arange(len(batch.keys), dtype=np.int32)
        crossing = Crossing(self.milliseconds, slices, log, _Asked(batch, ranks))
        ranks[batch.keys] = _ABSENT
        return crossing


class _Asked(NamedTuple):
    """The rows of a batch, and by key number the place among the batch's keys."""

    batch: SortedBatch
    ranks: NDArray[np.int32]


class Crossing:
    """The slices of the log that cross the offsets with a batch.

    In each slice, a row of the batch finds the last row of its key at or before its own time minus the offset.

    Attributes:
        slices: for each offset the place in the log of the slice's first row, and the place after its last.
        keys: key numbers of the rows of all slices, one slice after the other.
        offset: position of the offset that each of them crosses.
        hits: ``offset * m + row`` of the m rows of the batch, by key, that find one; ascending.
        found: position in the joined slices of the row that each hit finds.
    """

    def __init__(
        self, milliseconds: Sequence[int], slices: Sequence[tuple[int, int]], log: RowLog, asked: _Asked
    ) -> None:
        self.slices = slices
        self._rows = len(asked.batch)
        self._lengths = [end - begin for begin, end in slices]
        self.keys = _joined([log.view("key", *bounds) for bounds in slices], np.int32)
        self.offset = np.repeat(np.arange(len(slices)), self._lengths)
        shifted = zip(slices, milliseconds, strict=True)
        times = _joined([log.view("time", *bounds) + offset for bounds, offset in shifted], np.int64)
        self.hits, self.found = self._search(times, asked)

    def of(self, offset: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of the batch that find a row at one offset, and the places of these in the log."""
        begin, end = self.hits.searchsorted([offset * self._rows, (offset + 1) * self._rows])
        places = self.found[begin:end] + (self.slices[offset][0] - sum(self._lengths[:offset]))
        return self.hits[begin:end] - offset * self._rows, places

    def _search(self, times: NDArray[np.int64], asked: _Asked) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Merge the rows of the slices with those of the batch, by offset, key and time."""
        batch = asked.batch
        ranks = asked.ranks.take(self.keys)
        here = np.flatnonzero((ranks >= 0) & (times <= batch.last_time))
        if not len(here):
            return here, here
        bits = span_bits(batch.last_time - batch.first_time)
        cells = self.offset * len(batch.keys) + ranks
        # A row that crossed before the batch's first row counts for all rows of the batch.
        codes = cells << bits | np.maximum(times - batch.first_time, 0)
        here = here.take(stable_order(cells.take(here)))
        wanted = ((np.arange(len(self.slices))[:, None] * len(batch.keys) + batch.segment) << bits).ravel()
        questions = wanted.reshape(len(self.slices), -1) | (batch.time - batch.first_time)
        # Both are sorted, and a stable sort merges two sorted runs. The first is before all questions.
        events = np.concatenate([_BEFORE_ALL, codes.take(here), questions.ravel()])
        merged = np.argsort(events, kind="stable")
        last = np.flatnonzero(merged > len(here)) - np.arange(1, len(wanted) + 1)
        hits = np.flatnonzero(events.take(last) >= wanted)
        return hits, here.take(last.take(hits) - 1)


def span_bits(span_ms: int) -> int:
    """Return the bits that hold the times of a batch."""
    return span_ms.bit_length()


def _joined(parts: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    if not parts:
        return np.empty(0, dtype)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)

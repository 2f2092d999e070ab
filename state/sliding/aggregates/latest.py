"""The last value of each key, and the time of its previous row: no history, only what came last.

Rows of one instant have no order. The last value is the largest of its instant. Each of several rows of one instant has
another of them as its previous row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from state.sliding.codes import LEAST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.batch import SortedBatch
    from state.sliding.key_table import KeyTable

NEVER = LEAST // 2
"""A time before all others, from which windows can be subtracted."""


class Dated(NamedTuple):
    """A value of each row of a batch, and the event time it is from; ``NEVER`` where there is none."""

    times: NDArray[np.int64]
    values: NDArray[np.int64]


class LastValue:
    """The code of each key's last row of a selection.

    Args:
        name: of its arrays.
        keys: gets arrays of its own.
    """

    def __init__(self, name: str, keys: KeyTable) -> None:
        self._time, self._code = f"time of {name}", f"code of {name}"
        self._keys = keys
        keys.add(self._time, np.int64, fill=NEVER)
        keys.add(self._code, np.int64)

    def add(self, batch: SortedBatch, codes: NDArray[np.int64], mask: NDArray[np.bool_] | None) -> Dated:
        """Add rows, of which only those in the mask count; return what each row sees last."""
        starts = batch.group_starts
        counted = codes if mask is None else np.where(mask, codes, LEAST)
        largest = np.maximum.reduceat(counted, starts)
        counts = np.ones(len(starts), np.bool_) if mask is None else np.logical_or.reduceat(mask, starts)
        # The last group at or before each that counts, if it is of the same key.
        last = np.maximum.accumulate(np.where(counts, np.arange(len(starts)), -1))
        segment = batch.segment.take(starts)
        is_here = (last >= 0) & (segment.take(last) == segment)
        numbers = batch.number.take(starts)
        times = np.where(is_here, batch.time.take(starts).take(last), self._keys[self._time].take(numbers))
        values = np.where(is_here, largest.take(last), self._keys[self._code].take(numbers))
        ends = batch.group.take(batch.lasts)
        self._keys[self._time][batch.keys] = times.take(ends)
        self._keys[self._code][batch.keys] = values.take(ends)
        return Dated(times.take(batch.group), values.take(batch.group))


class PreviousTime:
    """The time of each key's previous row: the event time itself, or that of another field.

    Args:
        name: of its arrays.
        keys: gets arrays of its own.
    """

    def __init__(self, name: str, keys: KeyTable) -> None:
        self._time, self._value = f"time of {name}", f"value of {name}"
        self._keys = keys
        keys.add(self._time, np.int64, fill=NEVER)
        keys.add(self._value, np.int64, fill=NEVER)

    def add(self, batch: SortedBatch, values: NDArray[np.int64]) -> Dated:
        """Add rows; return the event time and the value of the row before each.

        In an instant, the order of rows is that of their values: the last but one is the one before all others.

        Args:
            batch: the rows.
            values: a time of each row, by key; `NEVER` where it is NULL.
        """
        starts = batch.group_starts
        ordered = values if batch.group_ends is None else values.take(np.lexsort((values, batch.group)))
        ends = np.append(starts[1:], len(batch)) - 1
        largest, before = ordered.take(ends), ordered.take(np.maximum(ends - 1, 0))
        is_shared = ends > starts
        numbers, times = batch.number.take(starts), batch.time.take(starts)
        has_group_before = np.ones(len(starts), np.bool_)
        has_group_before[batch.group.take(batch.starts)] = False
        earlier = np.where(has_group_before, np.roll(times, 1), self._keys[self._time].take(numbers))
        earlier_value = np.where(has_group_before, np.roll(largest, 1), self._keys[self._value].take(numbers))
        lasts = batch.group.take(batch.lasts)
        self._keys[self._time][batch.keys] = times.take(lasts)
        self._keys[self._value][batch.keys] = largest.take(lasts)
        found = Dated(np.where(is_shared, times, earlier), np.where(is_shared, before, earlier_value))
        return Dated(found.times.take(batch.group), found.values.take(batch.group))

"""A batch of rows, by time and by key."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from state.sliding.aggregates.segments import segment_starts, stable_order

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SortedBatch:
    """The rows of a batch, in two orders: by time, and by key and then time.

    Arrays are in the order by key unless their comment says otherwise. All rows of one key and one instant are a group.

    Args:
        times: event times of at least one row, as the rows come.
        numbers: numbers of their keys.
    """

    def __init__(self, times: NDArray[np.int64], numbers: NDArray[np.int32]) -> None:
        by_time = np.argsort(times, kind="stable")
        self.times = times.take(by_time)  # by time
        self.numbers = numbers.take(by_time)  # by time
        self.by_key = stable_order(self.numbers)  # places in the order by time
        self.origin = by_time.take(self.by_key)  # places as the rows come
        self.time = self.times.take(self.by_key)
        self.number = self.numbers.take(self.by_key)
        self.starts = segment_starts(self.number)
        self.keys = self.number.take(self.starts)  # numbers of the keys, ascending
        self.lasts = np.append(self.starts[1:], len(times)) - 1  # last row of each key
        self.segment = np.repeat(np.arange(len(self.keys)), self.lasts - self.starts + 1)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def first_time(self) -> int:
        """The earliest time."""
        return int(self.times[0])

    @property
    def last_time(self) -> int:
        """The latest time."""
        return int(self.times[-1])

    @cached_property
    def group_starts(self) -> NDArray[np.int64]:
        """First row of each group."""
        is_start = np.empty(len(self), np.bool_)
        is_start[0] = True
        np.not_equal(self.time[1:], self.time[:-1], out=is_start[1:])
        is_start[self.starts] = True
        return np.flatnonzero(is_start)

    @cached_property
    def group(self) -> NDArray[np.int64]:
        """Number of each row's group."""
        return np.repeat(np.arange(len(self.group_starts)), np.diff(self.group_starts, append=len(self)))

    @cached_property
    def group_ends(self) -> NDArray[np.int64] | None:
        """For each row the last row of its group; None: each group is one row."""
        if len(self.group_starts) == len(self):
            return None
        return (np.append(self.group_starts[1:], len(self)) - 1).take(self.group)

    def at_group_end(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each row the value of the last row of its group."""
        return values if self.group_ends is None else values.take(self.group_ends, axis=0)

    @cached_property
    def place_by_time(self) -> NDArray[np.int64]:
        """By time: the place of each row in the order by key."""
        return _inverse(self.by_key)

    @cached_property
    def place_of_origin(self) -> NDArray[np.int64]:
        """As rows come: the place of each in the order by key."""
        return _inverse(self.origin)


def _inverse(order: NDArray[np.int64]) -> NDArray[np.int64]:
    inverse = np.empty_like(order)
    inverse[order] = np.arange(len(order))
    return inverse

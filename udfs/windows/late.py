"""Rows behind the watermark of a stream that comes in one order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEWEST = "__newest"
"""Column of the latest time of a stream so far, which its watermark follows."""

_LEAST = np.iinfo(np.int64).min // 2


class LatestTimes:
    """The latest time of all rows so far.

    A row far ahead of all others counts once a second one is as far: a single wrong time does not make all rows after
    it late, and a stream that continues after a gap counts from its second row on.

    Args:
        jump_ms: how far ahead of all others a row counts at once.
    """

    def __init__(self, jump_ms: int) -> None:
        self._jump_ms = jump_ms
        self._first = self._second = _LEAST

    @property
    def newest(self) -> int | None:
        """The latest time so far; None before the second row."""
        if self._second == _LEAST:
            return None
        return self._first if self._first <= self._second + self._jump_ms else self._second

    def follow(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the latest time before the first row and after each, and remember it; none is before all times.

        >>> LatestTimes(1_000).follow(np.array([100, 90, 99_999, 120]))[2:].tolist()
        [100, 100, 120]
        """
        first = np.maximum.accumulate(np.concatenate([[self._first], times]))
        second = np.maximum.accumulate(np.concatenate([[self._second], np.minimum(times, first[:-1])]))
        newest: NDArray[np.int64] = np.where(first <= second + self._jump_ms, first, second)
        self._first, self._second = int(first[-1]), int(second[-1])
        return newest


class LateRows(LatestTimes):
    """A judge of rows by the latest of all rows before them.

    Args:
        delay_ms: how far the watermark trails the latest time; a millisecond more, so that rows of one instant are
            not late.
        jump_ms: how far ahead of all others a row counts at once.
    """

    def __init__(self, delay_ms: int, jump_ms: int) -> None:
        super().__init__(jump_ms)
        self._delay_ms = delay_ms

    def judge(self, times: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which rows are late, and remember the latest times.

        >>> LateRows(10, 1_000).judge(np.array([100, 100, 90, 89, 120, 100])).tolist()
        [False, False, False, True, False, True]
        >>> LateRows(10, 1_000).judge(np.array([100, 100, 99_999, 101, 99_999, 101])).tolist()
        [False, False, False, False, False, True]
        """
        late: NDArray[np.bool_] = times <= self.follow(times)[:-1] - self._delay_ms - 1
        return late

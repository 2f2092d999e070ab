"""Rows behind the watermark of a stream that comes in one order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST = np.iinfo(np.int64).min // 2


class LateRows:
    """A judge of rows by the latest of all rows before them.

    Args:
        delay_ms: how far the watermark trails the latest row; a millisecond more, so that rows of one instant are
            not late.
    """

    def __init__(self, delay_ms: int) -> None:
        self._delay_ms = delay_ms
        self._newest = _LEAST

    def judge(self, times: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which rows are late, and remember the latest time.

        >>> LateRows(10).judge(np.array([100, 90, 89, 120, 100])).tolist()
        [False, False, True, False, True]
        """
        newest = np.maximum.accumulate(np.concatenate([[self._newest], times]))
        self._newest = int(newest[-1])
        late: NDArray[np.bool_] = times <= newest[:-1] - self._delay_ms - 1
        return late

"""Moments in which the host of a virtual machine ran somebody else on its processors, as Linux counts them.

Source: proc_stat(5), the column ``steal``.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EVERY_S = 0.2
_STEAL = 8


class StolenTime:
    """A thread that reads the counter five times a second, while the context is open."""

    def __init__(self) -> None:
        self._times: list[int] = []
        self._ticks: list[int] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> StolenTime:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._is_over.set()
        self._thread.join()

    def hit(self, at_ns: ArrayLike) -> NDArray[np.bool_]:
        """Return for each time, in ns since 1970, whether the host took a processor between the readings around it."""
        return hit(at_ns, self._times, self._ticks)

    def _read(self) -> None:
        while not self._is_over.wait(_EVERY_S):
            self._times.append(time.time_ns())
            self._ticks.append(int(Path("/proc/stat").read_text().split(maxsplit=_STEAL + 1)[_STEAL]))


def hit(at_ns: ArrayLike, times: ArrayLike, ticks: ArrayLike) -> NDArray[np.bool_]:
    """Return for each time whether a counter grew between the readings around it; true where there are none.

    >>> hit([5, 15, 25, 35], times=[10, 20, 30], ticks=[7, 7, 8]).tolist()
    [True, False, True, True]
    """
    grew = np.concatenate([[True], np.diff(np.asarray(ticks)) > 0, [True]])
    return grew[np.searchsorted(np.asarray(times), np.asarray(at_ns))]

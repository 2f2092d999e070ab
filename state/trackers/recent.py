"""Recent values: the last ones of each key, as long as no pause parts them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_NEVER = -(2**62)  # no value yet


@dataclass(frozen=True)
class RecentSettings:
    """Settings of recent values.

    Args:
        count: values that are remembered, >= 1.
        gap_ms: milliseconds of the longest pause within a session; after a longer one nothing is remembered. 0 = a
            session never ends.
    """

    count: int = 8
    gap_ms: int = 0

    def start(self, sources: int) -> RecentValues:
        """Return a memory that has seen nothing.

        Raises:
            ValueError: rows have more than one value.
        """
        if sources != 1:
            msg = f"recent values: expected one value a row, got {sources}"
            raise ValueError(msg)
        return RecentValues(self)


class RecentValues:
    """A memory that answers each row with the last ``count`` values of its session, its own first, then older ones.

    NaN stands where a session has fewer values. A row without a value gets an answer, too, and is not learnt.

    Args:
        settings: settings of the memory.
    """

    def __init__(self, settings: RecentSettings) -> None:
        self._settings = settings
        self._last = _NEVER
        self._values: list[float] = []

    def follow(self, times: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Learn rows, and answer each from the remembered ones; see ``Tracker``."""
        found = np.full((len(times), self._settings.count), np.nan)
        for place, (time, value) in enumerate(zip(times.tolist(), values[:, 0].tolist(), strict=True)):
            if self._settings.gap_ms and time - self._last > self._settings.gap_ms:
                self._values = []
            if math.isfinite(value):
                self._values = [value, *self._values[: self._settings.count - 1]]
                self._last = max(time, self._last)
            found[place, : len(self._values)] = self._values
        return found

    def snapshot(self) -> bytes:
        """Return the values and the time of the last one."""
        values = np.array(self._values, "<f8").tobytes()
        return pack(VERSION, np.array([self._last], "<i8").tobytes(), values)

    def restore(self, data: bytes) -> None:
        """Take the state of a snapshot; see ``Tracker``."""
        last, values = unpack("recent values", VERSION, data)
        self._last = int(np.frombuffer(last, "<i8")[0])
        self._values = np.frombuffer(values, "<f8").tolist()[: self._settings.count]

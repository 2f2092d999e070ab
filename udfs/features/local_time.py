"""Clock and calendar of a column of instants, by integer arithmetic.

1970-01-01 was a Thursday; months come from numpy's own calendar (`datetime64[M]`), which is proleptic
Gregorian.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from udfs.features.time_zone import Offsets, local_seconds

Whole = NDArray[np.int64]

_DAY_S = 86_400


class LocalTime:
    """Instants as a wall clock and a calendar show them; each part is computed on first use.

    Args:
        millis: ``(n,)`` int64 epoch milliseconds, UTC.
        offsets: the time zone's offsets; None for UTC.
    """

    def __init__(self, millis: Whole, offsets: Offsets | None) -> None:
        self.millis = millis
        self._offsets = offsets

    @cached_property
    def seconds(self) -> Whole:
        """Seconds since 1970-01-01 00:00 local time."""
        seconds = self.millis // 1000
        return seconds if self._offsets is None else local_seconds(seconds, self._offsets)

    @cached_property
    def days(self) -> Whole:
        """Whole days since 1970-01-01."""
        return self.seconds // _DAY_S

    @cached_property
    def hour(self) -> Whole:
        """0 to 23."""
        return (self.seconds - self.days * _DAY_S) // 3600

    @cached_property
    def day_of_week(self) -> Whole:
        """Monday = 0 to Sunday = 6."""
        return (self.days + 3) % 7

    @cached_property
    def months(self) -> Whole:
        """Whole months since January 1970."""
        return self.days.view("datetime64[D]").astype("datetime64[M]").view(np.int64)

    @property
    def day_of_month(self) -> Whole:
        """1 to 31."""
        first_day = self.months.view("datetime64[M]").astype("datetime64[D]").view(np.int64)
        return self.days - first_day + 1

    @property
    def month(self) -> Whole:
        """1 to 12."""
        return self.months % 12 + 1

    @property
    def year(self) -> Whole:
        """Such as 2026."""
        return self.months // 12 + 1970

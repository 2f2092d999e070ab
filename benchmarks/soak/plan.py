"""A plan of a soak: load, changes and their times."""

from __future__ import annotations

from dataclasses import dataclass

_LONG_S = 1_800.0
_WARM_SHARE, _WARMEST_S = 1 / 6, 180.0


@dataclass(frozen=True)
class Plan:
    """A plan of a soak. The disk is full after a third of it, and the broker is away after two thirds.

    Attributes:
        seconds: how long rows are sent.
        rate: rows a second.
        malformed_every: one row of so many is cut short.
        hurried: versions that come one after the other while processes warm up: each of the first twenty has metrics of
            its own, which take memory once.
        swap_every_s: seconds between two new versions of the model after that.
        full_s: seconds for which the disk is full.
        outage_s: seconds for which the broker is away.
        settle_s: seconds to look for surplus rows at the end.
        look_s: seconds between two looks at the processes.
        disk_mib: size of the cluster's disk.
    """

    seconds: float
    rate: int = 500
    malformed_every: int = 100
    hurried: int = 19
    swap_every_s: float = 60.0
    full_s: float = 10.0
    outage_s: float = 5.0
    settle_s: float = 10.0
    look_s: float = 2.0
    disk_mib: int = 768

    @property
    def rows(self) -> int:
        """Number of rows that count; those after them only move the watermark."""
        return round(self.seconds * self.rate)

    @property
    def warm_s(self) -> float:
        """Seconds at the beginning of each process, and after each fault, that say nothing of a trend.

        >>> Plan(60).warm_s, Plan(1_800).warm_s
        (10.0, 180.0)
        """
        return min(self.seconds * _WARM_SHARE, _WARMEST_S)

    @property
    def tells_growth(self) -> bool:
        """Whether it lasts long enough to tell growth from what processes take once: half an hour.

        >>> Plan(600).tells_growth, Plan(1_800).tells_growth
        (False, True)
        """
        return self.seconds >= _LONG_S

    @property
    def full_at_s(self) -> float:
        """When the disk becomes full, in seconds since the first row."""
        return self.seconds / 3

    @property
    def outage_at_s(self) -> float:
        """When the broker is killed, in seconds since the first row."""
        return self.seconds * 2 / 3

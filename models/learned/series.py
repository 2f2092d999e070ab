"""Versions of learnt models: ``<major>.<minor>.<slot>``.

Rules: the first two numbers, the series, are chosen when a learner begins with nothing, above every version there is.
The slot follows from event time, so a job that reads the events again asks for the same version again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.errors import fail
from models.version import Version


@dataclass(frozen=True, order=True)
class Series:
    """The versions of one learner since it began with nothing.

    Example:
        >>> Series(1, 2).version(77)
        '1.2.77'
    """

    major: int
    minor: int

    @classmethod
    def of(cls, version: str) -> Series:
        """Return the series that a version is in."""
        return cls(*Version.parse(version).release[:2])

    def version(self, slot: int) -> str:
        """Return the version of a slot, a whole number >= 0 that grows with event time.

        Raises:
            ModelError: the slot is negative.
        """
        if slot < 0:
            fail(f"slot {slot} of series {self}", "is no part of a version", "count slots from 1970 on")
        return f"{self}.{slot}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


def next_series(*taken: Iterable[Version]) -> Series:
    """Return the first series above all versions that are taken, in the registry and among the snapshots.

    Example:
        >>> str(next_series())
        '1.0'
        >>> str(next_series([Version.parse("1.9.400"), Version.parse("2.0.0")], [Version.parse("1.10.0")]))
        '2.1'
    """
    newest = max((version for versions in taken for version in versions), default=None)
    return Series(1, 0) if newest is None else Series(newest.release[0], newest.release[1] + 1)

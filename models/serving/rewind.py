"""Registries that go back in time, as after the restore of a backup: their next generations look like old ones."""

from __future__ import annotations

from typing import Protocol

from models.registry import Deployment

_EVERY = 15


class Latest(Protocol):
    """A source of deployments."""

    def latest(self) -> Deployment | None:
        """Return the last deployment; None: there was none."""


class RewindWatch:
    """A look, now and then, whether the generation that was seen last is still the registry's last.

    A look for the next generation alone costs less, but misses those that a restored registry counts again, and those
    behind a number that was lost.

    Args:
        deployed: source of the registry's last deployment.
        every: number of calls for one look.
    """

    def __init__(self, deployed: Latest, every: int = _EVERY) -> None:
        self._deployed = deployed
        self._every = every
        self._calls = 0

    def look(self, seen: Deployment | None) -> Deployment | None:
        """Return the registry's last deployment if it is another than the one seen last; None: go on.

        A registry without any deployment is rather one that is not mounted: the job continues, too.
        """
        self._calls += 1
        if seen is None or self._calls % self._every:
            return None
        latest = self._deployed.latest()
        is_other = latest is not None and (latest.generation, latest.id) != (seen.generation, seen.id)
        return latest if is_other else None

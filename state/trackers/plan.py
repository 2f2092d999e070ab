"""The trackers of one key field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from state.trackers.tracker import TrackerSpec


@dataclass(frozen=True)
class TrackerPlan:
    """The trackers of one key field, in the order of their columns.

    Args:
        key: the key field.
        time: field with the event time.
        specs: its trackers.
    """

    key: str
    time: str
    specs: tuple[TrackerSpec, ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Columns of all answers."""
        return tuple(column for spec in self.specs for column in spec.columns)


def tracker_plans(specs: Iterable[TrackerSpec], time: str) -> tuple[TrackerPlan, ...]:
    """Return a plan for each key field, in the order in which the specs first name them."""
    by_key: dict[str, list[TrackerSpec]] = {}
    for spec in specs:
        by_key.setdefault(spec.key, []).append(spec)
    return tuple(TrackerPlan(key, time, tuple(own)) for key, own in by_key.items())

"""Plans of the load: steps from low to high and back, and a sawtooth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from gress.autoscale.policy import Policy

_LOW, _HIGH = 2, 8


@dataclass(frozen=True)
class Plan(ABC):
    """A plan of a run.

    Attributes:
        unit: rows a second; the load is twice that, eight times, and twice again.
        entity_s: seconds that the store takes for a row.
        settle_s: seconds to look for surplus rows at the end.
        task_managers: TaskManagers of the cluster.
        slots: slots of each.
        policy: of the autoscaler.
        look_s: seconds between its looks.
    """

    unit: float = 1.25
    entity_s: float = 0.1
    settle_s: float = 10.0
    task_managers: int = 2
    slots: int = 3
    policy: Policy = field(default_factory=Policy)
    look_s: float = 5.0

    @abstractmethod
    def rate(self, second: float) -> float:
        """Return the rows a second so long after the first one that counts."""

    @property
    def partitions(self) -> int:
        """Partitions of each topic: one for each slot."""
        return self.task_managers * self.slots


@dataclass(frozen=True)
class Steps(Plan):
    """A load that is low, high, low again, and long enough for decisions.

    Attributes:
        low_s: how long the load is low at first.
        high_s: how long it is high.
        calm_s: how long it is low afterwards, longer if a decision is still due.
    """

    policy: Policy = field(default_factory=lambda: Policy(stable_s=30.0, catch_up_s=60.0, settle_s=15.0))
    look_s: float = 3.0
    low_s: float = 30.0
    high_s: float = 120.0
    calm_s: float = 60.0

    def rate(self, second: float) -> float:
        """Return the rows a second so long after the first one that counts.

        >>> [Steps().rate(second) for second in (0, 100, 400)]
        [2.5, 10.0, 2.5]
        """
        is_high = self.low_s <= second < self.low_s + self.high_s
        return (_HIGH if is_high else _LOW) * self.unit


@dataclass(frozen=True)
class Sawtooth(Plan):
    """A load that climbs from low to high, falls at once, and climbs again; policy and pace are those of users.

    Attributes:
        length_s: how long rows count.
        period_s: how long it climbs.
    """

    length_s: float = 3_600.0
    period_s: float = 300.0

    def rate(self, second: float) -> float:
        """Return the rows a second so long after the first one that counts.

        >>> [Sawtooth().rate(second) for second in (0, 150, 300)]
        [2.5, 6.25, 2.5]
        """
        return (_LOW + (_HIGH - _LOW) * (second % self.period_s) / self.period_s) * self.unit

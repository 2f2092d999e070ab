"""A decision about a job's parallelism, with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Action = Literal["up", "down", "hold"]

ACTIONS: tuple[Action, ...] = ("up", "down", "hold")

Cause = Literal["load", "calm", "starting", "measuring", "asked", "confirm", "bound", "budget", "cluster"]
"""Why, as a word: too much or too little load; load that fits; tasks that start; counts that are not there yet; a
rescale under way; looks that must agree; no more slots, partitions or key groups; no rescale left this hour; no
answer."""


@dataclass(frozen=True)
class Load:
    """The work of a vertex.

    Attributes:
        name: its name, shortened.
        parallelism: number of its tasks.
        target_s: records a second that it must take.
        true_rate: records a second that one of its tasks could take; None: not measurable.
        utilization: share of the time that its tasks would work on the target; above 1: they cannot keep up.
    """

    name: str
    parallelism: int
    target_s: float
    true_rate: float | None
    utilization: float


@dataclass(frozen=True)
class Decision:
    """A decision at one moment.

    Attributes:
        action: more tasks, fewer, or as they are.
        cause: why, as a word.
        reason: why, in a sentence.
        current: parallelism by vertex.
        wanted: parallelism by vertex that the job is to have; the current one if it holds.
        loads: what each vertex has to do; empty: not measured.
        pending: records that wait at the sources; None: unknown.
    """

    action: Action
    cause: Cause
    reason: str
    current: Mapping[str, int] = field(default_factory=dict)
    wanted: Mapping[str, int] = field(default_factory=dict)
    loads: Mapping[str, Load] = field(default_factory=dict)
    pending: float | None = None

    @property
    def slots(self) -> int:
        """Slots that the job takes now."""
        return max(self.current.values(), default=0)

    @property
    def wanted_slots(self) -> int:
        """Slots that it is to take."""
        return max(self.wanted.values(), default=0)

    def line(self) -> str:
        """Return the decision as a line for people.

        >>> Decision("up", "load", "scoring needs 1.4 of its time", {"a": 1}, {"a": 2}).line()
        'up from 1 to 2: scoring needs 1.4 of its time'
        """
        if self.action == "hold":
            return f"hold at {self.slots}: {self.reason}" if self.current else f"hold: {self.reason}"
        return f"{self.action} from {self.slots} to {self.wanted_slots}: {self.reason}"

    def document(self) -> dict[str, Any]:
        """Return the decision as a document for programs; rates and shares are rounded."""
        loads = {vertex: {k: _rounded(v) for k, v in asdict(load).items()} for vertex, load in self.loads.items()}
        return {**asdict(self), "loads": loads, "slots": self.slots, "wanted_slots": self.wanted_slots}


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value

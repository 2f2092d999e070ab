"""Everything that a verdict on a test rests on: its metrics, its units, its ramp, and the limits of doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from state.experiments.evidence.metric import MetricEvidence, Role


@dataclass(frozen=True)
class Traffic:
    """Units of the test as they came.

    Attributes:
        treatment: units of the treatment.
        control: units of the control.
        in_both: units that were seen in both arms, of those.
        silent_ms: time since the last event of the arm that has been silent longer.
        sample_ratio_p: p of `SampleRatio`.
    """

    treatment: int
    control: int
    in_both: int
    silent_ms: int
    sample_ratio_p: float


@dataclass(frozen=True)
class Step:
    """The step of the ramp that the test is at.

    Attributes:
        share: share of units that the treatment gets, 0..1.
        is_last: whether there is none after it.
        held_ms: time since it began.
        hold_ms: time that it lasts at least.
        units: units in both arms since it began.
        least_units: units that it takes at least.
    """

    share: float
    is_last: bool
    held_ms: int
    hold_ms: int
    units: int
    least_units: int

    @property
    def is_over(self) -> bool:
        """Whether it has lasted long enough and seen enough units."""
        return self.held_ms >= self.hold_ms and self.units >= self.least_units


@dataclass(frozen=True)
class Limits:
    """Limits beyond which the test itself is in doubt.

    Attributes:
        sample_ratio_p: p of the sample ratio at which the splitter is in doubt.
        in_both_share: share of units that may be seen in both arms.
        silent_ms: time that an arm may be without events.
    """

    sample_ratio_p: float = 0.001
    in_both_share: float = 0.01
    silent_ms: int = 3_600_000


@dataclass(frozen=True)
class Inputs:
    """Everything that a verdict rests on.

    Attributes:
        metrics: evidence on each metric.
        traffic: units of the test.
        step: step of the ramp; a test without a ramp is at its last step.
        limits: limits of doubt.
    """

    metrics: tuple[MetricEvidence, ...]
    traffic: Traffic
    step: Step
    limits: Limits = Limits()

    def of(self, role: Role) -> tuple[MetricEvidence, ...]:
        """Return the metrics of a role."""
        return tuple(each for each in self.metrics if each.metric.role == role)

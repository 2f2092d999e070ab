"""An experiment as its judge knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from state.experiments.evidence.inputs import Limits
from state.experiments.evidence.metric import Metric
from state.verdicts.bandits.rewards import Bandit


@dataclass(frozen=True)
class Measured:
    """A metric, and how its difference is found.

    Attributes:
        metric: the metric and its part in the verdict.
        is_area: it is the area under the ROC curve.
        is_share: it is a share of events, which may be 0 in both variants.
        of_outcomes: it is of outcomes: ``all`` kinds are needed, or ``positive`` ones alone; None: it is of no outcome.
    """

    metric: Metric
    is_area: bool = False
    is_share: bool = False
    of_outcomes: Literal["all", "positive"] | None = None


@dataclass(frozen=True)
class Ramp:
    """A ramp as the judge knows it.

    Attributes:
        arm: place of the variant that grows.
        last_share: its share at the last step, 0..1.
        hold_ms: time that a step lasts at least.
        least_units: units that a step takes at least.
    """

    arm: int
    last_share: float
    hold_ms: int
    least_units: int


@dataclass(frozen=True)
class Trial:
    """An experiment as its judge knows it.

    Attributes:
        name: of the experiment.
        variants: names of the variants, in their order.
        control: place of the default variant.
        enabled: places of the variants that are switched on.
        metrics: in the order of the sums.
        limits: limits of doubt.
        ramp: steps in which a variant grows; None: there are none.
        bandit: rules by which the weights follow the variants' values; None: they do not.
        is_paired: its values are differences on the same rows, treatment less control, all of the treatment's arm.
    """

    name: str
    variants: tuple[str, ...]
    control: int
    enabled: tuple[int, ...]
    metrics: tuple[Measured, ...]
    limits: Limits = field(default_factory=Limits)
    ramp: Ramp | None = None
    is_paired: bool = False
    bandit: Bandit | None = None

    @property
    def treatments(self) -> tuple[int, ...]:
        """Places of the variants that are compared with the default one."""
        return tuple(arm for arm in self.enabled if arm != self.control)

"""A metric of a test, its part in the verdict, and everything that the looks at it have shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from state.experiments.confidence import PLANNED, OneSided, TwoSided
from state.experiments.evidence.sequence import Sequence

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import ArrayLike, NDArray

    from state.experiments.confidence import Boundary

    Role: TypeAlias = Literal["goal", "guardrail", "signal"]
    Better: TypeAlias = Literal["higher", "lower"]

VERSION = 1
_OWN, _SEQUENCE = 4, 4


@dataclass(frozen=True)
class Metric:
    """A metric and its part in the decision.

    Attributes:
        name: of the metric, in reasons and numbers.
        role: a goal has to get better; a guardrail must not get worse by more than its margin, or the test is rolled
            back; a signal that gets worse by more than its margin holds the test.
        better: whether more or less of it is good.
        margin: loss that is put up with, in the metric's unit, >= 0; above 0 for a guardrail, since no number of units
            shows that nothing at all is lost.
        alpha: chance of a wrong statement on the metric at any time, for each of harm, safety and gain.
        planned: clock at which statements are to be tightest.
        most: clock at which a goal's test ends, which is looked at seldom and has tighter bounds; None: it never does.

    Raises:
        ValueError: the margin is out of range.
    """

    name: str
    role: Role
    better: Better
    margin: float = 0.0
    alpha: float = 0.05
    planned: float = PLANNED
    most: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.margin) or self.margin < 0 or (self.role == "guardrail" and not self.margin):
            msg = (
                f"metric {self.name!r}: expected a margin >= 0, above 0 for a guardrail, got {self.margin}; "
                "give the loss that you would put up with, in the metric's unit"
            )
            raise ValueError(msg)

    def gain(self, difference: float) -> float:
        """Return a difference of treatment less control with the sign that makes good positive."""
        return difference if self.better == "higher" else -difference


@dataclass(frozen=True)
class MetricEvidence:
    """Looks at a metric so far.

    Attributes:
        metric: the metric.
        difference: treatment less control at the last look; NaN before the first.
        se: its standard error.
        clock: clock of the last look.
        gain: two-sided sequence of the gain: is it better or worse at all.
        harm: one-sided sequence of the loss beyond the margin: above 0, the loss exceeds it.
        safety: one-sided sequence of the gain plus the margin: above 0, the loss is within it.
    """

    metric: Metric
    difference: float = math.nan
    se: float = math.nan
    clock: float = 0.0
    gain: Sequence = field(default_factory=Sequence)
    harm: Sequence = field(default_factory=Sequence)
    safety: Sequence = field(default_factory=Sequence)

    def updated(self, difference: float, se: float, clock: float, boundary: Boundary | None = None) -> MetricEvidence:
        """Return the evidence after one more look.

        Args:
            difference: treatment less control of all units so far, in the metric's unit.
            se: its standard error over units.
            clock: units or events so far, see `state.experiments.confidence`.
            boundary: of the gain, at all looks of a test or at none; without it, that of a confidence sequence. Harm
                and safety always have their sequences, since they are looked at all the time.
        """
        metric, gain = self.metric, self.metric.gain(difference)
        one = OneSided(metric.alpha, metric.planned)
        two = TwoSided(metric.alpha, metric.planned) if boundary is None else boundary
        return MetricEvidence(
            metric,
            difference,
            se,
            clock,
            self.gain.updated(gain, se, clock, two),
            self.harm.updated(-gain - metric.margin, se, clock, one),
            self.safety.updated(gain + metric.margin, se, clock, one),
        )

    @property
    def is_harmed(self) -> bool:
        """Whether it is worse by more than the margin."""
        return self.harm.sign > 0

    @property
    def is_safe(self) -> bool:
        """Whether it is not worse by more than the margin; False while that is open."""
        return self.safety.sign > 0 and not self.is_harmed

    @property
    def is_over(self) -> bool:
        """Whether the test of a goal has ended, so that no later look decides it."""
        metric = self.metric
        return metric.role == "goal" and metric.most is not None and self.clock >= metric.most

    def numbers(self) -> dict[str, float]:
        """Return all numbers by the metric's name and theirs; bounds are of the gain."""
        found = {
            "difference": self.difference,
            "se": self.se,
            "clock": self.clock,
            "gain_lower": self.gain.lower,
            "gain_upper": self.gain.upper,
            "gain_p": self.gain.p,
            "harm_p": self.harm.p,
            "safety_p": self.safety.p,
        }
        return {f"{self.metric.name}.{name}": value for name, value in found.items()}

    def pack(self) -> NDArray[np.float64]:
        """Return format version, last look, and the three sequences, (16,)."""
        sequences = [sequence.pack() for sequence in (self.gain, self.harm, self.safety)]
        return np.concatenate([[VERSION, self.difference, self.se, self.clock], *sequences])

    @classmethod
    def unpack(cls, metric: Metric, packed: ArrayLike) -> MetricEvidence:
        """Return what was packed; the metric comes from the settings again.

        Raises:
            ValueError: it is of another format version or length.
        """
        values = np.asarray(packed, np.float64)
        if values.shape != (_OWN + 3 * _SEQUENCE,) or values[0] != VERSION:
            msg = f"metric {metric.name!r}: expected 16 numbers of version {VERSION}, got {values.tolist()}; start anew"
            raise ValueError(msg)
        sequences = [Sequence.unpack(part) for part in values[_OWN:].reshape(3, _SEQUENCE)]
        return cls(metric, *values[1:_OWN].tolist(), *sequences)

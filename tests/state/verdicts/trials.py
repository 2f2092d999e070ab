"""Sums of made-up arms for judges, as their shards would send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from state.experiments.auc import ScoreCounts
from state.experiments.evidence.inputs import Limits
from state.experiments.evidence.metric import Metric
from state.experiments.moments import Moments
from state.verdicts.cells import Cell, Cells
from state.verdicts.judging.trial import Measured, Ramp, Trial

AT = 1_000_000
HOUR = 3_600_000
VARIANTS = ("control", "new", "newer")


@dataclass(frozen=True)
class Arm:
    """Units of an arm: so many, with values of a mean and a spread, and the times of the first and the last row."""

    units: int = 5_000
    mean: float = 1.0
    spread: float = 1.0
    first_ms: int = AT - HOUR
    last_ms: int = AT
    in_both: int = 0
    assigned: int | None = None
    scores: ScoreCounts | None = None

    def moments(self) -> Moments:
        """Return moments of values at equal distances on both sides of the mean; the spread is exact."""
        side = np.resize([-1.0, 1.0], self.units // 2 * 2)
        values = np.concatenate([side, np.zeros(self.units % 2)]) * self.spread
        return Moments.from_units(self.mean + values)

    def cell(self, metrics: int) -> Cell:
        return Cell(
            [self.moments()] * metrics,
            [float(self.units)] * metrics,
            self.units,
            self.in_both,
            self.units if self.assigned is None else self.assigned,
            self.first_ms,
            self.last_ms,
            self.scores,
        )


def sums(
    arms: Mapping[int, Arm] | Mapping[tuple[int, int], Arm],
    shares: tuple[float, ...] | Mapping[int, tuple[float, ...]] = (0.5, 0.5, 0.0),
    *,
    metrics: int = 1,
    active: Mapping[int, int] | None = None,
) -> bytes:
    """Return the sums of arms by place, or by place and step."""
    by_step = dict(shares) if isinstance(shares, Mapping) else {0: shares}
    made = Cells(metrics, shares=by_step, active=dict(active or {}))
    for key, arm in arms.items():
        made.cells[key if isinstance(key, tuple) else (key, 0)] = arm.cell(metrics)
    return made.to_bytes()


def measured(
    role: Literal["goal", "guardrail", "signal"] = "goal", *, name: str = "value", margin: float = 0.0, **kind: bool
) -> Measured:
    return Measured(Metric(name, role, "higher", margin), **kind)


def trial(
    *metrics: Measured, enabled: tuple[int, ...] = (0, 1), limits: Limits | None = None, ramp: Ramp | None = None
) -> Trial:
    return Trial("test", VARIANTS, 0, enabled, metrics or (measured(),), limits or Limits(), ramp)

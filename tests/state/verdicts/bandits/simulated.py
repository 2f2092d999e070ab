"""A bandit from end to end without Flink: rows are drawn, looks judge them, and their weights draw the next rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from state.experiments.evidence.inputs import Limits
from state.experiments.evidence.metric import Metric
from state.verdicts.bandits.rewards import Bandit
from state.verdicts.judging.judge import Judge
from state.verdicts.judging.trial import Measured, Trial
from state.verdicts.ledgers.reward_ledger import RewardLedger
from state.verdicts.ledgers.unit_reward_ledger import UnitRewardLedger
from state.verdicts.outcomes import Outcomes

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, NDArray[np.uint64], NDArray[np.int64]], Floats]
"""Function of a generator, the look, and points and variants of rows that returns their rewards."""
NAMES = ("control", "new", "newer", "newest")
HOUR = 3_600_000


@dataclass
class Run:
    """Results of a simulation.

    Attributes:
        records: those of all looks.
        shares: share of each variant in each round, a look each.
        arms: variant of each row.
        rewards: reward of each row.
        propensities: share of its variant when a row came.
        looks: look of each row.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    shares: list[Floats] = field(default_factory=list)
    arms: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    rewards: Floats = field(default_factory=lambda: np.empty(0))
    propensities: Floats = field(default_factory=lambda: np.empty(0))
    looks: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def reward_of(self, name: str) -> dict[str, float]:
        """Return what the last record says of a variant's goal."""
        found: dict[str, float] = self.records[-1]["bandit"]["rewards"][name]
        return found


def trial_of(arms: int, *, floor: float = 0.05, more: Sequence[Measured] = (), is_loss: bool = False) -> Trial:
    goal = Measured(Metric("reward", "goal", "lower" if is_loss else "higher"))
    bandit = Bandit(0, "reward", is_loss, floor, 100, 0.05, 5_000)
    limits = Limits(silent_ms=100 * HOUR)
    return Trial("test", NAMES[:arms], 0, tuple(range(arms)), (goal, *more), limits, bandit=bandit)


def simulate(
    draw: Draw,
    *,
    arms: int = 2,
    looks: int = 60,
    rows: int = 1_000,
    units: int = 0,
    seed: int = 0,
    is_loss: bool = False,
    is_adaptive: bool = True,
) -> Run:
    """Run a bandit; with units each row is of one of so many, whose variant is that of the interval of its point."""
    rng, tested = np.random.default_rng(seed), trial_of(arms, is_loss=is_loss)
    judge, run = Judge(tested), Run()
    ledger = UnitRewardLedger(1, arms) if units else RewardLedger(1)
    shares, step = np.full(arms, 1 / arms), 0
    hashes = rng.integers(0, 2**64, units, np.uint64, endpoint=False) if units else None
    for look in range(looks):
        points = rng.integers(0, 2**64, rows, np.uint64) if hashes is None else hashes[rng.integers(0, units, rows)]
        chosen = np.searchsorted(np.cumsum(shares)[:-1], points / 2.0**64, side="right").astype(np.int64)
        rewards = draw(rng, look, points, chosen)
        times = np.full(rows, look * HOUR, np.int64)
        nothing = np.full(rows, np.nan)
        given = (points, times, chosen, rewards[:, np.newaxis], nothing, nothing)
        ledger.add(Outcomes("test", step, tuple(shares.tolist()), *given))
        records = judge.look([ledger.cells.to_bytes()], (look + 1) * HOUR)
        run.records += records
        run.shares.append(shares)
        run.arms, run.rewards = np.append(run.arms, chosen), np.append(run.rewards, rewards)
        run.propensities = np.append(run.propensities, shares[chosen])
        run.looks = np.append(run.looks, np.full(rows, look))
        if is_adaptive and records[0]["action"] == "reweigh":
            weights = records[0]["bandit"]["weights"]
            shares, step = np.array([weights[name] / 100 for name in NAMES[:arms]]), step + 1
    return run


def rates(*of_arms: float, trend: float = 0.0) -> Draw:
    """Return conversions at a rate for each variant, which all rise by a trend from look to look."""

    def draw(rng: np.random.Generator, look: int, points: NDArray[np.uint64], arms: NDArray[np.int64]) -> Floats:
        return (rng.random(len(arms)) < np.array(of_arms)[arms] + trend * look).astype(np.float64)

    return draw

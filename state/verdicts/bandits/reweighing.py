"""Weights of the next round of a bandit, as a look finds them.

Rules of this file:

- Weights change when all variants have their least units, when a round has at least a twentieth of all units before it,
  and when a weight moves by a point. So rounds grow with the experiment and stay few, which costs next to nothing.
  Source: Perchet, Rigollet, Chassang, Snowberg, Batched bandit problems, Ann. Statist. 44, 2016.
- A variant that was rolled back has no share any more, and gets none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from state.experiments.bandits.thompson import best_chances, thompson_weights
from state.verdicts.bandits.rewards import live_arms, reward_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from state.verdicts.bandits.rewards import Bandit, Reward
    from state.verdicts.cells import Cells

_LEAST_POINTS = 1.0
_LEAST_GROWTH = 0.05
_PARTS = 10_000  # weights are hundredths of a percent


@dataclass(frozen=True)
class Reweighing:
    """Weights that a look finds, with the estimates that they rest on.

    Attributes:
        rewards: of the variants that have a share.
        chances: of each of these to be the best; empty: not known yet.
        weights: percent of each of these from now on.
        waits: why the weights stay, in words; empty: they change.
    """

    rewards: tuple[Reward, ...]
    chances: tuple[float, ...]
    weights: tuple[float, ...]
    waits: str


def reweigh(bandit: Bandit, cells: Cells, enabled: Sequence[int], *, doubt: str = "") -> Reweighing:
    """Return the weights by which the next rows are to be assigned.

    Args:
        bandit: the bandit.
        cells: sums of all shards.
        enabled: places of the variants that are switched on.
        doubt: why weights are to stay whatever the rewards are, in words; empty: they may change.
    """
    arms = live_arms(cells, enabled)
    rewards = tuple(reward_of(bandit, cells, arm, arms) for arm in arms)
    now = tuple(reward.share * 100 for reward in rewards)
    posteriors = [reward.posterior for reward in rewards if reward.posterior is not None]
    if len(arms) < 2 or len(posteriors) < len(arms):
        return Reweighing(rewards, (), now, f"until each variant tells a mean of {bandit.name}")
    chances = tuple(best_chances(posteriors).tolist())
    weights = _rounded(thompson_weights(posteriors, bandit.floor).tolist())
    waits = doubt or _waits(bandit, cells, rewards) or _is_near(weights, now)
    return Reweighing(rewards, chances, now if waits else weights, waits)


def _waits(bandit: Bandit, cells: Cells, rewards: Sequence[Reward]) -> str:
    """Return which units are missing, in words; empty: none is."""
    fewest = min(each.units for each in rewards)
    if fewest < bandit.least_units:
        return f"until each variant has {bandit.least_units:,} units: {fewest:,} yet"
    step = max(cells.shares)
    before = sum(units for each, units in cells.active.items() if each < step)
    in_round, least = cells.active.get(step, 0), math.ceil(_LEAST_GROWTH * before)
    return f"until the round has {least:,} units: {in_round:,} yet" if in_round < least else ""


def _is_near(weights: Sequence[float], now: Sequence[float]) -> str:
    moved = max(abs(new - old) for new, old in zip(weights, now, strict=True))
    return f"as none would move by a point: {moved:.2f} at most" if moved < _LEAST_POINTS else ""


def described(found: Reweighing, bandit: Bandit, names: Sequence[str]) -> dict[str, Any]:
    """Return a record's values of a bandit: weights, and for each variant the estimate of its goal.

    Args:
        found: of the look.
        bandit: the bandit.
        names: of all variants.
    """
    weights = dict.fromkeys(names, 0.0)
    rewards: dict[str, dict[str, float | None]] = {}
    for place, (each, weight) in enumerate(zip(found.rewards, found.weights, strict=True)):
        weights[names[each.arm]] = weight
        chance = found.chances[place] if found.chances else None
        numbers = {name: getattr(each, name) for name in ("value", "se", "lower", "upper", "effective_units")}
        rewards[names[each.arm]] = {
            **{name: value if math.isfinite(value) else None for name, value in numbers.items()},
            "chance": chance,
        }
    return {"goal": bandit.name, "weights": weights, "rewards": rewards}


def reasons_of(found: Reweighing, bandit: Bandit, names: Sequence[str]) -> tuple[str, ...]:
    """Return why weights change, or stay, in words."""
    if found.waits:
        return (f"weights stay {found.waits}",)
    return tuple(
        f"{names[each.arm]} gets {weight:g} % after {each.share * 100:.4g}: {bandit.name} {each.value:.4g} "
        f"({each.lower:.4g} to {each.upper:.4g}, {each.effective_units:,.0f} effective units), best with chance "
        f"{chance:.3g}"
        for each, weight, chance in zip(found.rewards, found.weights, found.chances, strict=True)
    )


def _rounded(shares: Sequence[float]) -> tuple[float, ...]:
    """Return percentages with two decimals that sum to 100; what rounding leaves is the largest one's."""
    parts = [round(share * _PARTS) for share in shares]
    parts[parts.index(max(parts))] += _PARTS - sum(parts)
    return tuple(part * 100 / _PARTS for part in parts)

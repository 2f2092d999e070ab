"""Weights of a bandit: each arm gets units by the chance that it is the best (Thompson sampling, without the dice).

Weights change between rounds, so rounds are strata: compare arms within them (`state.experiments.strata`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NODES = 2001
_FAR = 8.0  # standard deviations, beyond which a posterior has no mass worth a unit


class Posterior(Protocol):
    """A distribution of an arm's mean, as the data leave it."""

    @property
    def reach(self) -> tuple[float, float]:
        """Range that holds all of its mass."""

    def density(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density at increasing values, up to a factor."""


@dataclass(frozen=True)
class NormalPosterior:
    """Posterior of a mean or ratio of many units under a flat prior.

    Attributes:
        mean: estimate.
        se: its standard error, > 0; that of a few units is too small, so give an arm its floor until it has many.

    Raises:
        ValueError: there is no standard error.
    """

    mean: float
    se: float

    def __post_init__(self) -> None:
        if not (self.se > 0 and math.isfinite(self.se) and math.isfinite(self.mean)):
            msg = (
                f"posterior: expected a mean and a standard error > 0, got {self.mean} and {self.se}; "
                "keep even weights until each arm has units that differ"
            )
            raise ValueError(msg)

    @property
    def reach(self) -> tuple[float, float]:
        """Eight standard errors on both sides."""
        return self.mean - _FAR * self.se, self.mean + _FAR * self.se

    def density(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density at values, up to a factor."""
        found: NDArray[np.float64] = np.exp(-(((values - self.mean) / self.se) ** 2) / 2)
        return found


@dataclass(frozen=True)
class BetaPosterior:
    """Posterior of a rate under a uniform prior, Beta(1 + hits, 1 + misses); also for few units or none.

    Attributes:
        hits: units that converted, >= 0; of weighted units their effective number, so no whole one.
        misses: units that did not, >= 0.

    Raises:
        ValueError: they are not counts.
    """

    hits: float
    misses: float

    def __post_init__(self) -> None:
        if not min(self.hits, self.misses) >= 0:
            msg = (
                f"posterior: expected hits and misses >= 0, got {self.hits} and {self.misses}; count units, not shares"
            )
            raise ValueError(msg)

    @property
    def reach(self) -> tuple[float, float]:
        """The part of 0..1 that is within a dozen standard deviations of the mode, where the tails are long."""
        a, b = self.hits + 1, self.misses + 1
        mean = a / (a + b)
        far = 1.5 * _FAR * math.sqrt(mean * (1 - mean) / (a + b + 1))
        return max(0.0, mean - far), min(1.0, mean + far)

    def density(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density at values, up to a factor."""
        peak = self.hits / max(self.hits + self.misses, 1)
        logs = self._log(values) - self._log(np.array([peak]))
        found: NDArray[np.float64] = np.exp(logs)
        return found

    def _log(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = np.clip(values, 1e-300, 1.0)
        outside = np.clip(1 - values, 1e-300, 1.0)
        logs: NDArray[np.float64] = self.hits * np.log(inside) + self.misses * np.log(outside)
        return np.where((values < 0) | (values > 1), -np.inf, logs)


def best_chances(arms: Sequence[Posterior]) -> NDArray[np.float64]:
    """Return the chance of each arm to have the highest mean, ∫ f_i(v)·Π_{j≠i} F_j(v) dv; they add up to 1.

    Source: Thompson, On the likelihood that one unknown probability exceeds another, Biometrika 25, 1933; the integral
    stands for draws from the posteriors, so the same data always give the same weights.

    Args:
        arms: posterior of each arm.

    Raises:
        ValueError: there is no arm.

    Example:
        >>> best_chances([NormalPosterior(0.0, 1.0), NormalPosterior(1.0, 1.0)]).round(4).tolist()
        [0.2398, 0.7602]
    """
    if not arms:
        msg = "arms: expected one or more, got none; give the posterior of each arm"
        raise ValueError(msg)
    # Each arm has a grid of its own, for one may be a thousand times narrower than another.
    nodes = np.unique(np.concatenate([np.linspace(*arm.reach, _NODES) for arm in arms]))
    widths = np.diff(nodes)
    density = np.stack([arm.density(nodes) for arm in arms])  # (arms, m)
    pieces = (density[:, 1:] + density[:, :-1]) / 2 * widths
    below = np.concatenate([np.zeros((len(arms), 1)), pieces.cumsum(axis=1)], axis=1)
    below /= below[:, -1:]
    chances: NDArray[np.float64] = np.array([_mean_of_others(below, arm) for arm in range(len(arms))])
    chances /= chances.sum()
    return chances


def thompson_weights(arms: Sequence[Posterior], floor: float = 0.0) -> NDArray[np.float64]:
    """Return the share of units for each arm, f + (1 − k·f)·w: none is starved of units that could prove it better.

    Args:
        arms: posterior of each arm.
        floor: share f that each of the k arms gets at least, 0..1/k.

    Raises:
        ValueError: the floor is out of range, or there is no arm.

    Example:
        >>> thompson_weights([BetaPosterior(10, 90), BetaPosterior(30, 70)], floor=0.05).round(3).tolist()
        [0.05, 0.95]
    """
    if not 0 <= floor * len(arms) <= 1:
        msg = f"floor: expected 0 to {1 / len(arms):.4g} for {len(arms)} arms, got {floor}; lower it"
        raise ValueError(msg)
    weights: NDArray[np.float64] = floor + (1 - len(arms) * floor) * best_chances(arms)
    return weights


def _mean_of_others(below: NDArray[np.float64], arm: int) -> float:
    """Return the mean over one arm's distribution of the chance that all others are below."""
    others = np.delete(below, arm, axis=0).prod(axis=0)
    return float((np.diff(below[arm]) * (others[1:] + others[:-1]) / 2).sum())

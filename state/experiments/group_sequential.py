"""Boundaries for a test whose number of units is known: tighter than a confidence sequence at the looks it spends on.

The chance of a false alarm is a budget, of which each look spends a share, by the units seen. Neither the number
of looks nor their times need be known beforehand, but they must not depend on what the looks show.

Rules this file keeps:

- The score of a test is a Brownian motion over the fraction of units seen. Tests that go on have a density, which is
  carried from look to look by numeric integration (Armitage, McPherson, Rowe, J. R. Statist. Soc. A 132, 1969).
- One side of the score is spent on; with two sides, the other is its mirror and each has half of alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from numpy.typing import ArrayLike, NDArray

    Spending: TypeAlias = Callable[[float, float], float]
    Sides: TypeAlias = Literal[1, 2]

_NORMAL = NormalDist()
_FAR = 8.5  # standard deviations, beyond which a normal variable has no mass in floats
_STEPS = 8  # of the grid, in one standard deviation of the step between two looks
_FEWEST, _MOST = 100, 4000  # steps of a grid
_erfc = np.frompyfunc(math.erfc, 1, 1)


def obrien_fleming(fraction: float, alpha: float) -> float:
    """Return the chance that one side may have spent by a fraction, 2 − 2Φ(z_{α/2}/√t): little before the end.

    Source: Lan, DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70, 1983.

    Example:
        >>> [round(obrien_fleming(t, 0.025), 6) for t in (0.0, 0.5, 1.0)]
        [0.0, 0.001525, 0.025]
    """
    if fraction <= 0:
        return 0.0
    return math.erfc(_NORMAL.inv_cdf(1 - alpha / 2) / math.sqrt(2 * min(fraction, 1.0)))


def pocock(fraction: float, alpha: float) -> float:
    """Return the chance that one side may have spent by a fraction, α·ln(1 + (e − 1)t): early and late alike.

    Source: Lan, DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70, 1983.

    Example:
        >>> round(pocock(0.5, 0.025), 6)
        0.015503
    """
    return alpha * math.log1p((math.e - 1) * min(max(fraction, 0.0), 1.0))


SPENDING: dict[str, Spending] = {"obrien_fleming": obrien_fleming, "pocock": pocock}


def critical_values(
    fractions: ArrayLike, alpha: float = 0.05, *, spending: Spending = obrien_fleming, sides: Sides = 2
) -> NDArray[np.float64]:
    """Return how many standard errors the difference has to reach at each look; infinite where nothing is spent.

    The cost grows with looks and with closeness: 10 ms for 20 even looks, 0.7 s for 200.

    Source: Lan, DeMets 1983; Jennison, Turnbull, Group sequential methods with applications to clinical trials, 2000,
    ch. 7 and 19.

    Args:
        fractions: units seen over units planned at the looks so far, increasing, (looks,); above 1 nothing is left to
            spend but what was not yet spent.
        alpha: chance of a false alarm at any look, both sides together.
        spending: chance that one side may have spent by a fraction, of its alpha.
        sides: 1 to look for a positive difference only.

    Raises:
        ValueError: fractions do not increase from above 0, or alpha is not between 0 and 1.

    Example:
        >>> critical_values([0.2, 0.4, 0.6, 0.8, 1.0]).round(2).tolist()
        [4.88, 3.36, 2.68, 2.29, 2.03]
    """
    times = _looks(fractions)
    if not 0 < alpha < 1:
        msg = f"alpha: expected a number between 0 and 1, got {alpha}; use 0.05 for one false alarm in 20"
        raise ValueError(msg)
    path, spent, found = _Path.start(), 0.0, []
    for time, step in zip(times, _steps(times), strict=True):
        allowed = spending(time, alpha / sides)
        bound = path.bound(time, allowed - spent)
        path, spent = path.after(time, (-bound if sides == 2 else -math.inf, bound), step), allowed
        found.append(bound / math.sqrt(time))
    return np.array(found)


def crossing_chances(
    critical: ArrayLike, fractions: ArrayLike, *, drift: float = 0.0, sides: Sides = 2
) -> NDArray[np.float64]:
    """Return the chance at each look to exceed the critical value there for the first time, from below.

    Args:
        critical: standard errors to reach at each look, (looks,).
        fractions: units seen over units planned at the looks, increasing, (looks,).
        drift: expected difference in standard errors at a fraction of 1; 0 for the chance of a false alarm.
        sides: 2 for a test that ends as well where the difference is as far on the other side.

    Raises:
        ValueError: fractions do not increase from above 0.

    Example:
        >>> pococks = crossing_chances([2.413] * 5, [0.2, 0.4, 0.6, 0.8, 1.0])
        >>> round(2 * float(pococks.sum()), 4)
        0.05
    """
    times = _looks(fractions)
    path, found = _Path.start(drift), []
    for time, step, value in zip(times, _steps(times), np.asarray(critical, np.float64).tolist(), strict=True):
        bound = value * math.sqrt(time)
        found.append(path.tail(time, bound))
        path = path.after(time, (-bound if sides == 2 else -math.inf, bound), step)
    return np.array(found)


@dataclass(frozen=True, eq=False)
class _Path:
    """Scores of the tests that go on at a fraction of units, and the chances of each, which add up to going on."""

    time: float
    nodes: NDArray[np.float64]  # (m,)
    masses: NDArray[np.float64]  # (m,)
    drift: float  # expected score at a fraction of 1

    @classmethod
    def start(cls, drift: float = 0.0) -> _Path:
        return cls(0.0, np.zeros(1), np.ones(1), drift)

    def tail(self, time: float, bound: float) -> float:
        """Return the chance that the score is above a bound at a later time."""
        if math.isinf(bound):
            return 0.0
        gap = time - self.time
        z = (bound - self.nodes - self.drift * gap) / math.sqrt(2 * gap)
        return float((self.masses * _erfc(z).astype(np.float64)).sum()) / 2

    def bound(self, time: float, chance: float) -> float:
        """Return the bound whose tail has a chance; infinite where that is too small for floats."""
        low, high = -_FAR * math.sqrt(time), _FAR * math.sqrt(time)
        if chance <= self.tail(time, high):
            return math.inf
        while high - low > 1e-10:
            middle = (low + high) / 2
            low, high = (middle, high) if self.tail(time, middle) > chance else (low, middle)
        return (low + high) / 2

    def after(self, time: float, bounds: tuple[float, float], step: float) -> _Path:
        """Return the path of the tests between two bounds at a later time, on a grid fine enough for the least step."""
        gap, centre, far = time - self.time, self.drift * time, _FAR * math.sqrt(time)
        low, high = max(bounds[0], centre - far), min(bounds[1], centre + far)
        if high <= low:
            return _Path(time, np.zeros(1), np.zeros(1), self.drift)
        pieces = math.ceil((high - low) / math.sqrt(step) * _STEPS / 2) * 2
        nodes = np.linspace(low, high, min(max(pieces, _FEWEST), _MOST) + 1)
        z = (nodes[:, np.newaxis] - self.nodes - self.drift * gap) / math.sqrt(gap)
        density = np.exp(-(z**2) / 2) @ self.masses / math.sqrt(2 * math.pi * gap)
        return _Path(time, nodes, density * _simpson(nodes), self.drift)


def _simpson(nodes: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.tile([2.0, 4.0], nodes.size // 2 + 1)[: nodes.size]
    weights[[0, -1]] = 1.0
    weights *= (nodes[-1] - nodes[0]) / (nodes.size - 1) / 3
    return weights


def _looks(fractions: ArrayLike) -> list[float]:
    times: list[float] = np.atleast_1d(np.asarray(fractions, np.float64)).tolist()
    if any(not after > before for before, after in zip([0.0, *times], times, strict=False)):
        msg = f"fractions: expected numbers that increase from above 0, got {times}; leave out looks without new units"
        raise ValueError(msg)
    return times


def _steps(times: list[float]) -> list[float]:
    """Return the lesser of the steps before and after each look."""
    gaps = np.diff([0.0, *times])
    least: list[float] = np.minimum(gaps, np.append(gaps[1:], np.inf)).tolist()
    return least

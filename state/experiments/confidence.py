"""Intervals for a difference that hold at all times at once, however often they are looked at.

Rules this file keeps:

- Standard error and clock are two arguments. The standard error says how far the estimate may be off now, so it is
  computed over units. The clock says how much of the path of the estimate has been seen, and only sets how wide the
  boundary is in standard errors. Units go on having events after all of them were counted: their number stands still
  while the estimate moves on, and no boundary that stands still bounds the chance of ever being crossed. So the clock
  is the number of units in both arms if a unit counts once, and the number of events if it counts again with each.
  Events of one unit that resemble each other make the estimate move less than this clock says, which is safe.
- A clock in another unit is another choice of the planned size and no less valid, if it is one unit at all times.
- An interval excludes 0 exactly when its p is alpha or less: both come from one boundary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PLANNED = 5000
_TINY = 1e-200  # keeps the infinite value at a clock of 0 within floats


class Boundary(Protocol):
    """A distance from the truth that an estimate exceeds at any time with a chance of alpha at most."""

    @property
    def has_upper(self) -> bool:
        """Whether it bounds the truth from above, too."""

    def half_width(self, se: ArrayLike, clock: ArrayLike) -> NDArray[np.float64]:
        """Return the distance, in the unit of the standard error."""

    def p_value(self, difference: ArrayLike, se: ArrayLike, clock: ArrayLike) -> NDArray[np.float64]:
        """Return the smallest alpha whose boundary a difference exceeds."""


@dataclass(frozen=True)
class TwoSided:
    """Boundary on both sides: se·√(2(Nρ²+1)/(Nρ²)·ln(√(Nρ²+1)/α)), N the clock.

    It is the normal mixture of Robbins, so the p-value is that of the mixture sequential probability ratio test.

    Source: Waudby-Smith et al., Time-uniform central limit theory, Ann. Statist. 52, 2024, arXiv 2103.06476, eq. 9;
    Robbins, Ann. Math. Statist. 41, 1970; Johari, Pekelis, Walsh, arXiv 1512.04922.

    Args:
        alpha: chance that the truth ever lies outside, between 0 and 1.
        planned: clock at which the boundary is tightest, > 0.

    Raises:
        ValueError: alpha or the planned clock is out of range.

    Example:
        >>> round(float(TwoSided().half_width(1.0, 5000)) / 1.959964, 3)
        1.549
    """

    alpha: float = 0.05
    planned: float = PLANNED

    def __post_init__(self) -> None:
        _check(self.alpha, self.planned)

    @property
    def has_upper(self) -> bool:
        """True."""
        return True

    def half_width(self, se: ArrayLike, clock: ArrayLike) -> NDArray[np.float64]:
        """Return the distance; infinite without a positive standard error or before the clock starts."""
        grown, share = _mixture(clock, mixture_rho(self.alpha, self.planned))
        return _times(se, np.sqrt(2 / share * np.log(np.sqrt(grown) / self.alpha)))

    def p_value(self, difference: ArrayLike, se: ArrayLike, clock: ArrayLike) -> NDArray[np.float64]:
        """Return the chance that the boundary is ever exceeded this far if the truth is 0; at most 1."""
        grown, share = _mixture(clock, mixture_rho(self.alpha, self.planned))
        p: NDArray[np.float64] = np.minimum(np.sqrt(grown) * np.exp(-(_z(difference, se) ** 2) * share / 2), 1.0)
        return p


@dataclass(frozen=True)
class OneSided:
    """Boundary on one side: se·√(2(Nρ²+1)/(Nρ²)·ln(1+√(Nρ²+1)/(2α))), with ρ of 2α.

    Its sequence bounds the truth from below only, and more tightly than two sides do once the test is under way. Where
    less is better it is given the difference with the other sign, where a margin may be lost, with the margin added.

    Source: Waudby-Smith et al., arXiv 2103.06476, eq. 134, which is a little above the half-normal mixture of Howard et
    al., Ann. Statist. 49, 2021.

    Args:
        alpha: chance that the truth ever lies below the bound, between 0 and 0.5.
        planned: clock at which the boundary is tightest, > 0.

    Raises:
        ValueError: alpha or the planned clock is out of range.

    Example:
        >>> round(float(OneSided().half_width(1.0, 5000)), 3)
        2.779
    """

    alpha: float = 0.05
    planned: float = PLANNED

    def __post_init__(self) -> None:
        _check(2 * self.alpha, self.planned)

    @property
    def has_upper(self) -> bool:
        """False."""
        return False

    def half_width(self, se: ArrayLike, clock: ArrayLike) -> NDArray[np.float64]:
        """Return the distance; infinite without a positive standard error or before the clock starts."""
        grown, share = _mixture(clock, mixture_rho(2 * self.alpha, self.planned))
        return _times(se, np.sqrt(2 / share * np.log1p(np.sqrt(grown) / (2 * self.alpha))))

    def p_value(self, difference: ArrayLike, se: ArrayLike, clock: ArrayLike) -> NDArray[np.float64]:
        """Return the chance that the boundary is ever exceeded this far if the truth is 0 or less; at most 1."""
        grown, share = _mixture(clock, mixture_rho(2 * self.alpha, self.planned))
        above = np.maximum(_z(difference, se), 0.0)
        with np.errstate(divide="ignore", over="ignore"):
            p: NDArray[np.float64] = np.minimum(np.sqrt(grown) / (2 * np.expm1(above**2 * share / 2)), 1.0)
        return p


def mixture_rho(alpha: float, planned: float = PLANNED) -> float:
    """Return the ρ that makes the two-sided boundary nearly tightest at a clock: √((−2 ln α + ln(1 − 2 ln α))/N).

    Source: Waudby-Smith et al., arXiv 2103.06476.

    Example:
        >>> round(mixture_rho(0.05, 5000), 5)
        0.03984
    """
    twice = -2 * math.log(alpha)
    return math.sqrt((twice + math.log1p(twice)) / planned)


def _mixture(clock: ArrayLike, rho: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Nρ² + 1 and Nρ²/(Nρ² + 1)."""
    grown = np.maximum(np.asarray(clock, np.float64), 0.0) * rho**2 + 1
    return grown, np.maximum((grown - 1) / grown, _TINY)


def _times(se: ArrayLike, factor: NDArray[np.float64]) -> NDArray[np.float64]:
    error = np.asarray(se, np.float64)
    return np.where((error > 0) & (factor < 0.01 / math.sqrt(_TINY)), error * factor, np.inf)


def _z(difference: ArrayLike, se: ArrayLike) -> NDArray[np.float64]:
    error = np.asarray(se, np.float64)
    is_known = error > 0
    return np.where(is_known, np.asarray(difference) / np.where(is_known, error, 1.0), 0.0)


def _check(alpha: float, planned: float) -> None:
    if not 0 < alpha < 1:
        msg = f"alpha: expected a number between 0 and 1, below 0.5 on one side, got {alpha}; use 0.05 for 1 in 20"
        raise ValueError(msg)
    if not planned > 0:
        msg = f"planned: expected a clock > 0, got {planned}; use the units in both arms that the test is planned for"
        raise ValueError(msg)

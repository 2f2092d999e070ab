"""Test of the splitter: whether the arms get the units that they were to get.

A difference between arms means nothing when units are missing from one of them, so this test comes before all others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.drift.measures.tails import chi_square_sf

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

VERSION = 1
WEIGHT = 100.0
_log_gamma = np.frompyfunc(math.lgamma, 1, 1)


@dataclass(frozen=True)
class SampleRatio:
    """Units by arm for each step of a ramp, and the highest odds so far that they are not split as planned.

    Within a step the order of units does not count, and odds of steps multiply: each begins with the prior,
    because the planned shares change. Units of a step that come when the next has begun count where they belong.

    Source: Lindon, Malek, Anytime-valid inference for multinomial count data, NeurIPS 2022, arXiv 2011.03567.

    Attributes:
        shares: planned share of each arm in each step; those of a step sum to 1.
        counts: units of each arm in each step.
        highest: highest logarithm of the odds so far, at least 0.

    Example:
        >>> test = SampleRatio().with_step((0.5, 0.5)).updated((520, 480))
        >>> test.p, round(test.updated((280, 220)).p, 4)
        (1.0, 0.1536)
    """

    shares: tuple[tuple[float, ...], ...] = ()
    counts: tuple[tuple[int, ...], ...] = ()
    highest: float = 0.0

    def with_step(self, shares: tuple[float, ...]) -> SampleRatio:
        """Begin a step of the ramp.

        Raises:
            ValueError: shares are not positive, do not sum to 1, or are of another number of arms.
        """
        arms = len(self.shares[0]) if self.shares else max(len(shares), 2)
        if len(shares) != arms or not min(shares) > 0 or not math.isclose(sum(shares), 1, rel_tol=1e-9):
            msg = (
                f"sample ratio: expected positive shares of {arms} arms that sum to 1, got {shares}; "
                "leave out arms that get no units"
            )
            raise ValueError(msg)
        return SampleRatio((*self.shares, shares), (*self.counts, (0,) * len(shares)), self.highest)

    def updated(self, counts: tuple[int, ...], step: int = -1) -> SampleRatio:
        """Add units that were assigned.

        Args:
            counts: new units of each arm.
            step: position of their step; the last unless it is given.

        Raises:
            ValueError: they are not counts of the arms, or no step has begun.
        """
        if not self.shares or len(counts) != len(self.shares[0]) or min(counts) < 0:
            arms = len(self.shares[0]) if self.shares else 0
            msg = f"sample ratio: expected counts >= 0 of {arms} arms, got {counts}; begin a step with its shares first"
            raise ValueError(msg)
        rows = list(self.counts)
        rows[step] = tuple(before + new for before, new in zip(rows[step], counts, strict=True))
        odds = float(log_odds(rows, self.shares).sum())
        return SampleRatio(self.shares, tuple(rows), max(self.highest, odds))

    @property
    def p(self) -> float:
        """Chance of odds this high at any time if the splitter works, 1/odds."""
        return math.exp(-self.highest)

    def pack(self) -> NDArray[np.float64]:
        """Return format version, highest odds, arms, and shares and counts of all steps, (3 + 2·steps·arms,)."""
        arms = len(self.shares[0]) if self.shares else 0
        return np.concatenate([[VERSION, self.highest, arms], np.ravel(self.shares), np.ravel(self.counts)])

    @classmethod
    def unpack(cls, packed: ArrayLike) -> SampleRatio:
        """Return what was packed.

        Raises:
            ValueError: it is of another format version or length.
        """
        values = np.asarray(packed, np.float64)
        arms = int(values[2]) if values.ndim == 1 and values.size > 2 and values[0] == VERSION else -1
        if arms < 0 or (values.size - 3) % max(2 * arms, 1):
            msg = f"sample ratio: expected shares and counts of version {VERSION}, got {values.tolist()}; start anew"
            raise ValueError(msg)
        shares, counts = values[3:].reshape(2, -1, max(arms, 1)).tolist()
        return cls(tuple(map(tuple, shares)), tuple(tuple(map(int, row)) for row in counts), float(values[1]))


def log_odds(counts: ArrayLike, shares: ArrayLike, weight: float = WEIGHT) -> NDArray[np.float64]:
    """Return ln B(α₀ + n) − ln B(α₀) − Σ nᵢ·ln θᵢ: the odds of other shares, drawn from Dirichlet(α₀), to the planned.

    Source: Lindon, Malek, arXiv 2011.03567; α₀ = weight·k·θ has the planned shares as its mean, and a larger
    weight finds small deviations sooner and large ones later.

    Args:
        counts: units n of each arm, (..., arms).
        shares: planned shares θ, (..., arms).
        weight: of the prior, in units an arm.
    """
    n, theta = np.asarray(counts, np.float64), np.asarray(shares, np.float64)
    prior = weight * theta.shape[-1] * theta
    found: NDArray[np.float64] = _log_beta(prior + n) - _log_beta(prior) - (n * np.log(theta)).sum(axis=-1)
    return found


def chi_square_p(counts: ArrayLike, shares: ArrayLike) -> float:
    """Return the p of Pearson's chi-square for one look at counts; NaN without units.

    Looked at again and again, it alarms sooner or later whatever the splitter does: it is for the end of a test.

    Example:
        >>> round(chi_square_p([520, 480], [0.5, 0.5]), 4)
        0.2059
    """
    n, theta = np.asarray(counts, np.float64), np.asarray(shares, np.float64)
    if not n.sum():
        return math.nan
    expected = n.sum() * theta
    return chi_square_sf(float(((n - expected) ** 2 / expected).sum()), n.size - 1)


def _log_beta(alpha: NDArray[np.float64]) -> NDArray[np.float64]:
    parts = np.asarray(_log_gamma(alpha), np.float64)
    found: NDArray[np.float64] = parts.sum(axis=-1) - np.asarray(_log_gamma(alpha.sum(axis=-1)), np.float64)
    return found

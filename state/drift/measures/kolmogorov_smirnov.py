"""Kolmogorov-Smirnov: the largest gap between two distribution functions over the same cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from state.drift.measures.measurement import NOT_COMPUTABLE, Measurement, counts_of, drift_score
from state.drift.measures.tails import kolmogorov_sf

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LARGE = 0.2  # gap of two normal distributions half a deviation apart, where their stability index is 0.25


def kolmogorov_smirnov(baseline: ArrayLike, window: ArrayLike) -> Measurement:
    """Largest gap between the two distribution functions at the edges of ordered cells; 0..1.

    The gap over the values themselves is at least this. So the p-value, of Kolmogorov's limit with the correction of
    Stephens (J. R. Statist. Soc. B 32, 1970), is on the safe side.

    Args:
        baseline: counts in the order of the cells, (cells,).
        window: counts over the same cells, (cells,).

    Raises:
        ValueError: they are not counts over the same cells.

    Example:
        >>> kolmogorov_smirnov([50, 50, 0], [0, 50, 50]).statistic
        0.5
    """
    before, now = counts_of(baseline, window)
    n, m = int(before.sum()), int(now.sum())
    if not n or not m:
        return NOT_COMPUTABLE
    if int(((before + now) > 0).sum()) < 2:
        return Measurement(0.0, math.nan, 0.0)
    gap = float(np.abs(np.cumsum(now) / m - np.cumsum(before) / n).max())
    return Measurement(gap, _asymptotic_p(gap, n, m), _score(gap, n, m))


def _asymptotic_p(gap: float, n: int, m: int) -> float:
    root = math.sqrt(n * m / (n + m))
    return min(1.0, kolmogorov_sf((root + 0.12 + 0.11 / root) * gap))


def _score(gap: float, n: int, m: int) -> float:
    noise = math.pi**2 / 12 * (1 / n + 1 / m)  # mean square of the gap without drift
    return drift_score(gap**2, noise, LARGE**2)

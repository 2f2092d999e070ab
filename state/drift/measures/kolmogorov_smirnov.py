"""Kolmogorov-Smirnov: the largest gap between two distribution functions, over cells or over values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from state.drift.measures.measurement import NOT_COMPUTABLE, Measurement, counts_of, drift_score
from state.drift.measures.tails import kolmogorov_sf

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LARGE = 0.2  # gap of two normal distributions half a deviation apart, where their stability index is 0.25
EXACT_PAIRS = 1_000_000  # n·m up to which `ks_exact` counts paths


def kolmogorov_smirnov(baseline: ArrayLike, window: ArrayLike) -> Measurement:
    """Largest gap between the two distribution functions at the edges of ordered cells; 0..1.

    The gap over the values themselves is at least this and at most `ks_bound`. So the p-value, of Kolmogorov's
    limit with the correction of Stephens (J. R. Statist. Soc. B 32, 1970), is on the safe side.

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


def ks_bound(baseline: ArrayLike, window: ArrayLike) -> float:
    """Return an upper bound of the gap over the values themselves, for any order of rows in a cell; 0..1.

    Within a cell the one function is at most its value at the right edge, the other at least that at the left.

    Example:
        >>> ks_bound([50, 50], [50, 50])
        0.5
    """
    before, now = counts_of(baseline, window)
    if not before.any() or not now.any():
        return math.nan
    f, g = (np.append(0, np.cumsum(counts)) / counts.sum() for counts in (before, now))
    return float(np.maximum(f[1:] - g[:-1], g[1:] - f[:-1]).max())


def ks_exact(baseline: ArrayLike, window: ArrayLike) -> Measurement:
    """Largest gap between the distribution functions of two small samples of values, with its exact p; 0..1.

    The p-value is the share of lattice paths that reach the gap (Hodges, Arkiv för Matematik 3, 1958); with ties it
    is on the safe side. Above a million pairs it is asymptotic. NaN are left out.

    Args:
        baseline: values, (n,).
        window: values, (m,).

    Example:
        >>> result = ks_exact([1, 2, 3, 4], [3.5, 5, 6, 7])
        >>> result.statistic, round(result.p, 4)
        (0.75, 0.2286)
    """
    x, y = (np.sort(np.asarray(values, np.float64)) for values in (baseline, window))
    x, y = x[~np.isnan(x)], y[~np.isnan(y)]
    n, m = len(x), len(y)
    if not n or not m:
        return NOT_COMPUTABLE
    values = np.concatenate([x, y])
    # In whole numbers, so that equal gaps are equal.
    gaps = np.searchsorted(x, values, side="right") * m - np.searchsorted(y, values, side="right") * n
    reach = int(np.abs(gaps).max())
    gap = reach / (n * m)
    p = _exact_p(reach, n, m) if n * m <= EXACT_PAIRS else _asymptotic_p(gap, n, m)
    return Measurement(gap, p, _score(gap, n, m))


def _exact_p(reach: int, n: int, m: int) -> float:
    """Return the chance that a random order of n + m rows reaches the gap, computed row by row.

    Of the orders of s rows with i of the first sample, the last row is of it in i out of s. Only sums of chances
    that reach the gap, so small p-values keep their digits.
    """
    i = np.arange(n + 1)
    reached = np.zeros(n + 1)  # (n + 1,): by i, at s rows
    for s in range(1, n + m + 1):
        from_first = np.append(0.0, reached[:-1])
        reached = from_first * (i / s) + reached * ((s - i) / s)
        is_possible = (i <= s) & (s - i <= m)
        reached[np.abs(i * m - (s - i) * n) >= reach] = 1.0
        reached[~is_possible] = 0.0
    return float(min(1.0, reached[n]))


def _asymptotic_p(gap: float, n: int, m: int) -> float:
    root = math.sqrt(n * m / (n + m))
    return min(1.0, kolmogorov_sf((root + 0.12 + 0.11 / root) * gap))


def _score(gap: float, n: int, m: int) -> float:
    noise = math.pi**2 / 12 * (1 / n + 1 / m)  # mean square of the gap without drift
    return drift_score(gap**2, noise, LARGE**2)

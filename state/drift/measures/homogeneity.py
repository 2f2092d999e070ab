"""The p-value that divergences of two samples of counts share, right for small windows and sparse cells too.

Rules this file keeps:

- Without drift, a divergence d of two samples of N and M rows over B well-filled cells has d·NM/(N+M) ~ chi-square
  with B − 1 degrees of freedom, when d agrees with Σ(p−q)²/m to second order; Pearson's own form gets there first.
- Cells are merged, and the form is chosen, by the baseline's counts and the number of rows alone. Cells are quantiles
  of the baseline, so pooled counts would choose by the window's content, and find drift where there is none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from state.drift.measures.tails import chi_square_sf, hypergeometric_p

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from numpy.typing import NDArray

    from state.drift.measures.measurement import Counts

    Divergence: TypeAlias = Callable[[Counts, Counts], float]

_N = TypeVar("_N", np.int64, np.float64)

LEAST_EXPECTED = 5  # rows a cell for Pearson's form: Cochran, Biometrics 10, 1954
LEAST_FOR_OTHERS = 40  # rows a cell, below which logarithms exceed their limit too often


def homogeneity_p(baseline: Counts, window: Counts, divergence: Divergence) -> float:
    """Return the chance of a divergence this large if both samples have one distribution.

    Cells in which the baseline, or its share of the window, has fewer than five rows are merged among themselves.
    When that is fewer than five even together (values hardly or never seen before), their share is tested exactly
    (hypergeometric), and the smaller of the two p-values counts twice (Bonferroni). Where a cell has fewer than
    forty, Pearson's form stands in for the divergence.

    Args:
        baseline: counts, (cells,).
        window: counts, (cells,).
        divergence: agrees with Σ(p−q)²/m to second order.
    """
    n, m = int(baseline.sum()), int(window.sum())
    if not n or not m:
        return math.nan
    counts, share = np.stack([baseline, window]), min(1.0, m / n)
    is_rare = baseline * share < LEAST_EXPECTED
    dense, rare = counts[:, ~is_rare], counts[:, is_rare]
    if rare[0].sum() * share >= LEAST_EXPECTED:
        merged = merge_neighbours(rare, rare[0] * share, LEAST_EXPECTED)
        return _divergence_p(np.hstack([dense, merged]), divergence, share)
    p = _divergence_p(dense, divergence, share)
    if not rare.any():
        return p
    exact = hypergeometric_p(int(rare[1].sum()), int(rare.sum()), m, n + m)
    return exact if math.isnan(p) else min(1.0, 2 * min(exact, p))


def _divergence_p(counts: Counts, divergence: Divergence, share: float) -> float:
    if counts.shape[1] < 2 or not counts[1].any():
        return math.nan
    form = divergence if counts[0].min() * share >= LEAST_FOR_OTHERS else pearson
    return chi_square_sf(form(*counts) * scale(*counts), counts.shape[1] - 1)


def pearson(baseline: Counts, window: Counts) -> float:
    """Σ(p−q)²/m over cells in use, shares p, q and m of the window, the baseline and both together."""
    pooled = baseline + window
    used = pooled > 0
    difference = window[used] / window.sum() - baseline[used] / baseline.sum()
    return float((difference**2 / (pooled[used] / pooled.sum())).sum())


def merge_neighbours(counts: NDArray[_N], weight: NDArray[Any], least: float) -> NDArray[_N]:
    """Merge cells with the next until each weighs `least`; the remainder joins the last.

    Args:
        counts: (rows, cells).
        weight: of each cell, (cells,).
        least: weight.

    Example:
        >>> merge_neighbours(np.array([[1, 4, 6, 1], [2, 3, 8, 0]]), np.array([1, 4, 6, 1]), 5).tolist()
        [[5, 7], [5, 8]]
    """
    if not counts.shape[1]:
        return counts
    starts, held = [0], 0.0
    for cell, added in enumerate(weight.tolist()):
        if held >= least:
            starts.append(cell)
            held = 0.0
        held += added
    if held < least and len(starts) > 1:
        starts.pop()
    merged: NDArray[_N] = np.add.reduceat(counts, starts, axis=1)
    return merged


def scale(baseline: Counts, window: Counts) -> float:
    """Return NM/(N+M), the factor from a divergence of shares to a chi-square statistic."""
    n, m = int(baseline.sum()), int(window.sum())
    return n * m / (n + m)


def expected_divergence(baseline: Counts, window: Counts) -> float:
    """Return the mean divergence without drift: (cells in use − 1)(1/N + 1/M)."""
    cells = int(((baseline + window) > 0).sum())
    return (cells - 1) / scale(baseline, window)

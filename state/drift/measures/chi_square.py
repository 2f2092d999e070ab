"""Pearson's chi-square of two samples over the same cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from state.drift.measures.homogeneity import expected_divergence, homogeneity_p, pearson, scale
from state.drift.measures.measurement import NOT_COMPUTABLE, Measurement, counts_of, drift_score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LARGE = 0.25  # Cohen, Statistical power analysis, 2nd ed., 1988: w = 0.5 is large, and this is w²


def chi_square(baseline: ArrayLike, window: ArrayLike) -> Measurement:
    """Pearson's test of homogeneity: Σ (observed − expected)²/expected over both samples; no unit.

    The statistic is over all cells in use, the p-value over cells with five or more expected rows (see
    `state.drift.measures.homogeneity`).

    Source: Pearson 1900; sparse cells: Cochran, Biometrics 10, 1954.

    Args:
        baseline: counts, (cells,).
        window: counts over the same cells, (cells,).

    Raises:
        ValueError: they are not counts over the same cells.

    Example:
        >>> result = chi_square([10, 20, 30], [20, 20, 20])
        >>> round(result.statistic, 4), round(result.p, 4)
        (5.3333, 0.0695)
    """
    before, now = counts_of(baseline, window)
    if not before.any() or not now.any():
        return NOT_COMPUTABLE
    divergence = pearson(before, now)
    p = homogeneity_p(before, now, pearson)
    score = drift_score(divergence, expected_divergence(before, now), LARGE)
    return Measurement(divergence * scale(before, now), p, score)

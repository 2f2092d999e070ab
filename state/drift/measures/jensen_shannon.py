"""The Jensen-Shannon distance of two samples of counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from state.drift.measures.homogeneity import expected_divergence, homogeneity_p
from state.drift.measures.measurement import NOT_COMPUTABLE, Measurement, counts_of, drift_score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from state.drift.measures.measurement import Counts

LARGE = 0.25  # as for the population stability index, in the scale of Σ(p−q)²/m
_TO_CHI_SQUARE = 8 * math.log(2)


def jensen_shannon(baseline: ArrayLike, window: ArrayLike) -> Measurement:
    """Jensen-Shannon distance, the square root of ½KL(p‖m) + ½KL(q‖m) in base 2, m = (p+q)/2; 0..1.

    Without drift 8·ln 2·distance²·NM/(N+M) is about χ² with cells − 1 degrees of freedom, from which the p-value comes;
    sparse cells are seen to in `state.drift.measures.homogeneity`.

    Source: Lin, Divergence measures based on the Shannon entropy, IEEE Trans. Information Theory 37, 1991; its limit:
    Menéndez et al., The Jensen-Shannon divergence, J. Franklin Institute 334B, 1997.

    Args:
        baseline: counts, (cells,).
        window: counts over the same cells, (cells,).

    Raises:
        ValueError: they are not counts over the same cells.

    Example:
        >>> jensen_shannon([1, 0], [0, 1]).statistic
        1.0
    """
    before, now = counts_of(baseline, window)
    if not before.any() or not now.any():
        return NOT_COMPUTABLE
    divergence = _divergence(before, now)
    p = homogeneity_p(before, now, _divergence)
    score = drift_score(divergence, expected_divergence(before, now), LARGE)
    return Measurement(math.sqrt(min(1.0, divergence / _TO_CHI_SQUARE)), p, score)


def _divergence(baseline: Counts, window: Counts) -> float:
    """Eight times the divergence in nats, which is Σ(p−q)²/m to second order."""
    q, p = baseline / baseline.sum(), window / window.sum()
    bits = (_relative_entropy(p, (p + q) / 2) + _relative_entropy(q, (p + q) / 2)) / 2
    return _TO_CHI_SQUARE * max(0.0, bits)


def _relative_entropy(p: NDArray[np.float64], m: NDArray[np.float64]) -> float:
    used = p > 0
    return float((p[used] * np.log2(p[used] / m[used])).sum())

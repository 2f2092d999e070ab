"""The population stability index, and how large it may be by chance alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.drift.measures.homogeneity import expected_divergence, homogeneity_p
from state.drift.measures.measurement import NOT_COMPUTABLE, Measurement, counts_of, drift_score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from state.drift.measures.measurement import Counts

LARGE = 0.25  # a convention: Lewis, An introduction to credit scoring, 1994; Siddiqi 2006
_EMPTY = 0.5  # rows that a cell empty in one sample counts as


def psi(baseline: ArrayLike, window: ArrayLike) -> Measurement:
    """Return the population stability index Σ (p − q) ln(p/q) of shares p of the window and q of the baseline, in nats.

    A cell empty in one sample counts as half a row there; one empty in both does not count. Without drift the index
    is about (1/N + 1/M)·χ² with cells − 1 degrees of freedom, from which the p-value comes; sparse cells are seen to
    in `state.drift.measures.homogeneity`.

    Source: Jeffreys divergence; Yurdakul, Statistical properties of population stability index, Western Michigan
    University, dissertation 3208, 2018.

    Args:
        baseline: counts, (cells,).
        window: counts over the same cells, (cells,).

    Raises:
        ValueError: they are not counts over the same cells.

    Example:
        >>> round(psi([25, 25, 25, 25], [10, 20, 30, 40]).statistic, 4)
        0.2282
    """
    before, now = counts_of(baseline, window)
    if not before.any() or not now.any():
        return NOT_COMPUTABLE
    index = _index(before, now)
    noise = expected_divergence(before, now)
    return Measurement(index, homogeneity_p(before, now, _index), drift_score(index, noise, LARGE))


def _index(baseline: Counts, window: Counts) -> float:
    used = (baseline + window) > 0
    q, p = (np.where(counts == 0, _EMPTY, counts)[used] / counts.sum() for counts in (baseline, window))
    return float(((p - q) * np.log(p / q)).sum())

"""Values as shares of the training rows, so that detectors of values in 0..1 can watch any column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.drift.histograms import Histograms


class TrainingRanks:
    """A map of one column's values to 0..1: the share of training rows in lower cells, plus half of those in its own.

    In training the mean is one half, whatever the column's unit, spread and outliers: a constant and a column with a
    long tail can be watched alike. Values beyond the training range fall into the outermost cells. NaN stays NaN.

    Args:
        baseline: histograms of the training rows.
        position: position of the column in the baseline.
    """

    def __init__(self, baseline: Histograms, position: int) -> None:
        self._edges = np.asarray(baseline.columns[position].edges, np.float32)
        counts = baseline.counts(position)[:-1].astype(np.float64)
        total = counts.sum()
        # Without a value in training, no live value has a rank.
        self._ranks = (np.cumsum(counts) - counts / 2) / total if total else np.full(len(counts), np.nan)

    def of(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the ranks of values, (n,)."""
        with np.errstate(over="ignore"):
            floats = values.astype(np.float32)
        found: NDArray[np.float64] = self._ranks[np.searchsorted(self._edges, floats)]
        return np.where(np.isnan(floats), np.nan, found)

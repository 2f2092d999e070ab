"""Bins for plots: counts of rows by score, latency or time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TIME_BINS = 120
_WIDTHS_S = (1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000)


@dataclass(frozen=True)
class Bins:
    """Edges of k bins, (k + 1,); a bin excludes its upper edge, except for the last bin."""

    edges: NDArray[np.float64]

    def count(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the number of rows in each bin, (k,)."""
        return np.histogram(values, self.edges)[0].astype(np.int64)

    @property
    def middles(self) -> NDArray[np.float64]:
        """Return the middle of each bin, (k,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2


def score_bins(scores: NDArray[np.float64], bins: int = 50) -> Bins:
    """Return bins from 0 to 1, or over the scores' own range if they exceed it."""
    low, high = float(scores.min()), float(scores.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return Bins(np.linspace(low, high if high > low else low + 1, bins + 1))


def latency_bins(latency_us: NDArray[np.float64], bins: int = 60) -> Bins:
    """Return bins of equal width on a logarithmic axis; a latency below 1 us counts as 1 us."""
    low, high = max(float(latency_us.min()), 1.0), max(float(latency_us.max()), 1.0)
    edges = np.geomspace(low / 1.02, high * 1.02, bins + 1)
    return Bins(edges)


@dataclass(frozen=True)
class TimeBins:
    """Bins of event time, each from its start on.

    Attributes:
        starts: starts of the bins in UTC, (k,).
        width_s: width of every bin in seconds.
        bin_of: bin of each row, -1 = without a time, (n,).
    """

    starts: NDArray[np.datetime64]
    width_s: int
    bin_of: NDArray[np.int64]

    def count(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the number of the selected rows, (n,), in each bin, (k,)."""
        chosen = self.bin_of[rows & (self.bin_of >= 0)]
        return np.bincount(chosen, minlength=len(self.starts)).astype(np.int64)


def time_bins(times: NDArray[np.datetime64], limit: int = TIME_BINS) -> TimeBins | None:
    """Return at most ``limit`` bins of a round width, which start at a multiple of it; None without any time."""
    known = ~np.isnat(times)
    if not known.any():
        return None
    seconds = times.astype("datetime64[s]").astype(np.int64)
    first, last = int(seconds[known].min()), int(seconds[known].max())
    fitting = (width for width in _WIDTHS_S if last // width - first // width < limit)
    width = next(fitting, -(-(last - first + 1) // (limit - 1)))
    bin_of = np.where(known, seconds // width - first // width, -1)
    count = last // width - first // width + 1
    starts = ((first // width + np.arange(count)) * width).astype("datetime64[s]")
    return TimeBins(starts, width, bin_of)

"""The trend of a quantity over the lives of several processes, with the error of an estimate from noise with memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_LEAST = 20
_HOUR_S = 3_600.0

Series = Sequence[tuple[float, float]]
"""Seconds and values of one process, in the order of time."""


@dataclass(frozen=True)
class Slope:
    """A trend.

    Attributes:
        per_hour: growth an hour.
        error: its standard error.
    """

    per_hour: float
    error: float


def common_slope(lives: Sequence[Series], warm_s: float) -> Slope | None:
    """Return the least-squares slope that some processes share, each at a level of its own.

    A process that replaces another starts at another level, which is no trend. Values close in time err together, so
    the standard error is that of Newey and West with Bartlett's weights and as many lags as the square root of a life's
    samples, each life apart.

    Args:
        lives: samples of each process.
        warm_s: seconds at the beginning of a life to leave out.

    Returns:
        None where less than 20 samples are left.

    Source:
        W. Newey, K. West: A Simple, Positive Semi-definite, Heteroskedasticity and Autocorrelation Consistent
        Covariance Matrix. Econometrica 55 (1987), 703-708.
    """
    kept = [_centred(life, warm_s) for life in lives if life]
    kept = [life for life in kept if len(life) > 1]
    count = sum(map(len, kept))
    if count < _LEAST:
        return None
    spread = sum(float(life[:, 0] @ life[:, 0]) for life in kept)
    slope = sum(float(life[:, 0] @ life[:, 1]) for life in kept) / spread
    noise = sum(_long_run_variance(life[:, 0] * (life[:, 1] - slope * life[:, 0])) for life in kept)
    # Each life's level, and the slope, are fitted to the same samples.
    error = np.sqrt(noise * count / (count - len(kept) - 1)) / spread
    return Slope(slope * _HOUR_S, float(error) * _HOUR_S)


def cut(life: Series, moments: Sequence[float]) -> list[Series]:
    """Return the parts of a life between some moments: what happens then, such as a fault, may change its level.

    >>> cut([(0, 7.0), (1, 7.0), (2, 9.0)], [1.5, 5])
    [[(0, 7.0), (1, 7.0)], [(2, 9.0)], []]
    """
    edges = [float("-inf"), *sorted(moments), float("inf")]
    return [[sample for sample in life if begin <= sample[0] < end] for begin, end in pairwise(edges)]


def _centred(life: Series, warm_s: float) -> NDArray[np.float64]:
    """Return the samples after a life's beginning, less their means."""
    samples = np.array(life, np.float64)  # (n, 2)
    warm = samples[samples[:, 0] >= samples[0, 0] + warm_s]
    return warm - warm.mean(axis=0) if len(warm) else warm


def _long_run_variance(scores: NDArray[np.float64]) -> float:
    """Return the variance of a sum of scores that go together up to some lag."""
    lags = int(np.sqrt(len(scores)))
    total = float(scores @ scores)
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * float(scores[lag:] @ scores[:-lag])
    return total

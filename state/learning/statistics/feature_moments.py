"""Count, mean and variance of features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FeatureMoments:
    """Moments of features; those of two streams add up to those of both.

    Source: Chan, Golub, LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979.

    Attributes:
        counts: sum of the weights of the values, faded, (..., k).
        means: mean of the values, (..., k); NaN: there is none yet.
        variances: mean squared deviation from the mean, (..., k); NaN: there is no value yet.
    """

    counts: NDArray[np.float64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]

    def __add__(self, other: FeatureMoments) -> FeatureMoments:
        counts = self.counts + other.counts
        share = np.nan_to_num(ratio(other.counts, counts))
        apart = np.where((self.counts > 0) & (other.counts > 0), other.means - self.means, 0.0)
        within = sum(np.where(each.counts > 0, each.counts * each.variances, 0.0) for each in (self, other))
        squares = within + apart * apart * self.counts * share
        means = np.where(self.counts > 0, self.means, other.means) + apart * share
        return FeatureMoments(counts, means, ratio(squares, counts))


def ratio(sums: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums over weights, of the same shape; NaN where there is no weight."""
    return np.divide(sums, weights, out=np.full_like(sums, np.nan), where=weights > 0)

"""Moments of the units of an arm, from which means, ratios, and their variances come.

Rules this file keeps:

- A row of the sums is a unit, never an event: events of one unit resemble each other, and a variance over events is
  too small by as much.
- Sums of products are about the mean, and are merged and changed there, so large means cost no digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

VERSION = 1
X, D, COVARIATE = range(3)
_UPPER = np.triu_indices(3)
_PACKED = 2 + 3 + len(_UPPER[0])


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, means and central sums of products of three values a unit: numerator, denominator, covariate.

    Leading axes are arms, metrics or tests that are computed at once; without any, these are the moments of one arm.

    Source: Chan, Golub, LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979.

    Attributes:
        count: units, (...).
        means: of numerator, denominator and covariate, (..., 3).
        products: sums Σ (v − mean)(v − mean)ᵀ over units, (..., 3, 3).

    Example:
        >>> first, second = Moments.from_units([1, 2]), Moments.from_units([3, 4, 5])
        >>> float((first + second).mean), round(float((first + second).variance_of_mean), 6)
        (3.0, 0.5)
    """

    count: NDArray[np.float64]
    means: NDArray[np.float64]
    products: NDArray[np.float64]

    @classmethod
    def from_units(cls, x: ArrayLike, d: ArrayLike | None = None, covariate: ArrayLike | None = None) -> Moments:
        """Sum up units that were not counted before.

        Args:
            x: value of each unit, as the sum over its events, (..., n).
            d: denominator, as its number of events, (..., n); 1 if the metric is a mean over units.
            covariate: a value known before the unit was assigned, (..., n).

        Raises:
            ValueError: shapes differ, or a value is missing or infinite.
        """
        values = _values(x, d, covariate)
        count = np.full(values.shape[:-2], values.shape[-2], np.float64)
        means = values.sum(axis=-2) / np.maximum(count, 1)[..., np.newaxis]
        return cls(count, means, _products(values - means[..., np.newaxis, :]))

    def __add__(self, other: Moments) -> Moments:
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        shift = other.means - self.means
        means = self.means + shift * share[..., np.newaxis]
        between = _outer(shift) * (self.count * share)[..., np.newaxis, np.newaxis]
        return Moments(count, means, self.products + other.products + between)

    def updated(
        self,
        old_x: ArrayLike,
        new_x: ArrayLike,
        *,
        old_d: ArrayLike | None = None,
        new_d: ArrayLike | None = None,
        covariate: ArrayLike | None = None,
        new_covariate: ArrayLike | None = None,
    ) -> Moments:
        """Replace the values of units that were counted before, since a unit grows as its events come.

        Args:
            old_x: values as they were counted, (..., m).
            new_x: values that take their places, (..., m).
            old_d: denominators as they were counted, (..., m).
            new_d: denominators that take their places, (..., m).
            covariate: the units' covariate as it was counted, (..., m).
            new_covariate: a covariate that takes its place, (..., m); without it, it stays what it was.

        Raises:
            ValueError: as for `from_units`, or more units are replaced than were counted.
        """
        later = covariate if new_covariate is None else new_covariate
        old, new = _values(old_x, old_d, covariate), _values(new_x, new_d, later)
        if old.shape != new.shape or (old.shape[-2] > self.count).any():
            msg = (
                f"units: expected as many new values as old ones, and no more than the {self.count} counted, got "
                f"{old.shape[:-1]} old and {new.shape[:-1]} new; add units that are new with from_units"
            )
            raise ValueError(msg)
        about = self.means[..., np.newaxis, :]
        shift = (new - old).sum(axis=-2) / np.maximum(self.count, 1)[..., np.newaxis]
        moved = _outer(shift) * self.count[..., np.newaxis, np.newaxis]
        products = self.products + _products(new - about) - _products(old - about) - moved
        return Moments(self.count, self.means + shift, products)

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean of the value over units, (...)."""
        return self.means[..., X]

    @property
    def ratio(self) -> NDArray[np.float64]:
        """Mean of the value over mean of the denominator, (...); NaN where that is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.means[..., D] != 0, self.means[..., X] / self.means[..., D], np.nan)

    @property
    def variance_of_mean(self) -> NDArray[np.float64]:
        """Variance of the mean, with n − 1; NaN below two units."""
        found: NDArray[np.float64] = np.maximum(self.covariance(X, X), 0.0) / np.maximum(self.count, 1)
        return found

    @property
    def variance_of_ratio(self) -> NDArray[np.float64]:
        """Variance of the ratio by the delta method, (s_xx − 2R·s_xd + R²·s_dd)/(n·mean_d²); NaN below two units.

        With a denominator of 1 it is the variance of the mean.

        Source: Deng, Knoblich, Lu, Applying the delta method in metric analytics, KDD 2018, arXiv 1803.06336.
        """
        r = self.ratio
        spread = self.covariance(X, X) - 2 * r * self.covariance(X, D) + r**2 * self.covariance(D, D)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: NDArray[np.float64] = np.maximum(spread, 0.0) / self.means[..., D] ** 2 / np.maximum(self.count, 1)
        return found

    def covariance(self, left: int, right: int) -> NDArray[np.float64]:
        """Return the covariance over units of two of `X`, `D` and `COVARIATE`, with n − 1; NaN below two units."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.count > 1, self.products[..., left, right] / (self.count - 1), np.nan)

    def pack(self) -> NDArray[np.float64]:
        """Return format version, count, means and the upper triangle of the products, (..., 11)."""
        heads = np.stack([np.full_like(self.count, VERSION), self.count], axis=-1)
        return np.concatenate([heads, self.means, self.products[..., _UPPER[0], _UPPER[1]]], axis=-1)

    @classmethod
    def unpack(cls, packed: ArrayLike) -> Moments:
        """Return what was packed.

        Raises:
            ValueError: it is of another format version or length.
        """
        values = np.asarray(packed, np.float64)
        if not values.ndim or values.shape[-1] != _PACKED or (values[..., 0] != VERSION).any():
            msg = f"moments: expected {_PACKED} numbers of version {VERSION}, got {values.tolist()}; start without them"
            raise ValueError(msg)
        products = np.empty((*values.shape[:-1], 3, 3))
        products[..., _UPPER[0], _UPPER[1]] = products[..., _UPPER[1], _UPPER[0]] = values[..., 5:]
        return cls(values[..., 1].copy(), values[..., 2:5].copy(), products)


def _values(x: ArrayLike, d: ArrayLike | None, covariate: ArrayLike | None) -> NDArray[np.float64]:
    """Return the three values of each unit, (..., n, 3)."""
    value = np.atleast_1d(np.asarray(x, np.float64))
    denominator = np.ones_like(value) if d is None else np.asarray(d, np.float64)
    known = np.zeros_like(value) if covariate is None else np.asarray(covariate, np.float64)
    if not value.shape == denominator.shape == known.shape:
        msg = (
            f"units: expected x, d and covariate of one shape, got {value.shape}, {denominator.shape} and "
            f"{known.shape}; give one number a unit"
        )
        raise ValueError(msg)
    values = np.stack([value, denominator, known], axis=-1)
    if not np.isfinite(values).all():
        msg = f"units: expected numbers, got {values[~np.isfinite(values)][0]}; leave units without a value out"
        raise ValueError(msg)
    return values


def _products(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Σ v vᵀ over units, (..., 3, 3)."""
    found: NDArray[np.float64] = np.swapaxes(values, -1, -2) @ values
    return found


def _outer(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector[..., :, np.newaxis] * vector[..., np.newaxis, :]

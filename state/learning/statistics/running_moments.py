"""Weighted mean and variance of each feature before each row of a stream, for whole batches at once.

Welford's recurrence is a loop over rows. Here each sum is about a centre, so that a batch is three running sums a
feature: of weights, of deviations from the centre, and of their squares. The centre is the first value, then the mean
at the end of each block of rows, so squares stay small and large means cost no digits. Running sums add row by row,
and blocks end at fixed rows: cutting the stream into other batches changes no bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack
from state.learning.statistics.fading_sums import block_growth
from state.learning.statistics.feature_moments import FeatureMoments, ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_BLOCK = 256
_CELLS, _LEAST_ROWS = 16_384, 32  # what fits a processor's cache is added up at once
_LARGE = 1e100  # a larger value counts as missing: its square is not finite
_FORGOTTEN = 1e-200
_ROUNDING = 1e-15


class RunningMoments:
    """Moments of the features of the rows so far; a missing value (NaN or infinite) counts for nothing.

    With fading α, the row i of n has the weight αⁿ⁻ⁱ·wᵢ, whether or not it has a value.

    Source: Welford, Note on a method for calculating corrected sums of squares and products, Technometrics 4, 1962;
    Chan, Golub, LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979 (shifted
    sums, and merging).

    Args:
        features: width of the rows.
        fading: α, over 0 to 1; 1 fades nothing.

    Raises:
        ValueError: the factor is out of range.

    Example:
        >>> moments = RunningMoments(1)
        >>> moments.learn(np.array([[1.0], [3.0], [8.0]]), np.ones(3)).means.tolist()
        [[nan], [1.0], [2.0]]
        >>> moments.now().means.tolist()
        [4.0]
    """

    def __init__(self, features: int, fading: float = 1.0) -> None:
        self._growth, self._fading = block_growth(fading)[:_BLOCK], fading
        self._sums = np.zeros((3, features))  # of weights, deviations, squares
        self._centres = np.full(features, np.nan)
        self._place = 0

    @property
    def features(self) -> int:
        """Width of the rows."""
        return len(self._centres)

    def now(self) -> FeatureMoments:
        """Return the moments of all rows so far, (k,)."""
        return self._moments(self._sums, np.float64(self._fading ** (self._place - 1.0)))

    def learn(self, rows: NDArray[np.float64], weights: NDArray[np.float64]) -> FeatureMoments:
        """Take rows in order, and return the moments from before each of them.

        Args:
            rows: values, (n, k).
            weights: weight of each row, (n,); a row of weight 0 is as if it were not there.

        Returns:
            The moments, (n, k).
        """
        before = np.empty((3, *rows.shape))
        is_learnt = weights > 0
        ranks = np.cumsum(is_learnt)
        most = max(_LEAST_ROWS, _CELLS // max(1, self.features))
        begin = learnt = 0
        while begin < len(rows):
            room = len(self._growth) - self._place
            # The block ends with the row that fills it; rows of weight 0 take no room.
            end = min(len(rows), int(np.searchsorted(ranks, learnt + room)) + 1, begin + most)
            batch = slice(begin, end)
            places = self._place + ranks[batch] - learnt - is_learnt[batch]
            self._add(rows[batch], weights[batch], places, before[:, batch])
            learnt, begin = int(ranks[end - 1]), end
        return FeatureMoments(*before)

    def _add(
        self,
        rows: NDArray[np.float64],
        weights: NDArray[np.float64],
        places: NDArray[np.int64],
        before: NDArray[np.float64],
    ) -> None:
        """Add rows of one block, and write the moments from before each."""
        is_there = (np.abs(rows) <= _LARGE) & (weights > 0)[:, np.newaxis]
        self._centre_on_first(rows, is_there)
        gaps = np.where(is_there, rows - self._centres, 0.0)
        grown = is_there * (weights * self._growth.take(places, mode="clip"))[:, np.newaxis]
        terms = np.stack([grown, grown * gaps, grown * gaps * gaps])
        sums = np.add.accumulate(np.concatenate([self._sums[:, np.newaxis], terms], axis=1), axis=1)
        moments = self._moments(sums[:, :-1], (self._fading ** (places - 1.0))[:, np.newaxis])
        before[:] = moments.counts, moments.means, moments.variances
        self._sums = sums[:, -1].copy()
        self._place = int(places[-1] + (weights[-1] > 0))
        if self._place == len(self._growth):
            self._close_block()

    def _centre_on_first(self, rows: NDArray[np.float64], is_there: NDArray[np.bool_]) -> None:
        new = np.flatnonzero(np.isnan(self._centres) & is_there.any(axis=0))
        self._centres[new] = rows[is_there[:, new].argmax(axis=0), new]

    def _close_block(self) -> None:
        """Fade the sums over the block, and move the centres to the means."""
        self._place = 0
        self._sums *= self._fading ** len(self._growth)
        gone = self._sums[0] < _FORGOTTEN
        self._sums[:, gone], self._centres[gone] = 0.0, np.nan
        weights, deviations, squares = self._sums
        centres = self._centres + ratio(deviations, weights)
        # A centre far from 0 moves by what its digits allow, which is not quite to the mean.
        moved = np.where(gone, 0.0, centres - self._centres)
        squares = np.maximum(squares - moved * (2.0 * deviations - weights * moved), 0.0)
        self._sums = np.stack([weights, deviations - weights * moved, squares])
        self._centres = centres

    def _moments(self, sums: NDArray[np.float64], scale: NDArray[np.float64] | np.float64) -> FeatureMoments:
        weights, deviations, squares = sums
        shift, second = ratio(deviations, weights), ratio(squares, weights)
        variances = second - shift * shift
        # Below the rounding of the subtraction there is none.
        variances[variances <= _ROUNDING * second] = 0.0
        return FeatureMoments(weights * scale, self._centres + shift, variances)

    def merge(self, other: RunningMoments) -> None:
        """Add the rows of another stream, as if the last rows of both had come at the same time.

        Raises:
            ValueError: it has another width of rows or fading factor.
        """
        self._check(other.features, other._fading)
        merged = self.now() + other.now()
        squares = np.where(merged.counts > 0, merged.counts * merged.variances, 0.0)
        # At the start of a block, the last row has faded once.
        self._sums = np.stack([merged.counts, np.zeros_like(squares), squares]) * self._fading
        self._centres, self._place = merged.means, 0

    def _check(self, features: int, fading: float) -> None:
        if features != self.features or fading != self._fading:
            msg = (
                f"moments: expected {self.features} features that fade by {self._fading}, got {features} that fade by "
                f"{fading}; start without them"
            )
            raise ValueError(msg)

    def to_bytes(self) -> bytes:
        """Return the state, 32 bytes a feature."""
        head = np.array([self._fading, self._place], "<f8")
        return pack(VERSION, head.tobytes(), self._sums.astype("<f8").tobytes(), self._centres.astype("<f8").tobytes())

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version, width of rows or fading factor.
        """
        head, sums, centres = unpack("moments", VERSION, data)
        fading, place = np.frombuffer(head, "<f8").tolist()
        self._check(len(centres) // 8, fading)
        self._place = int(place)
        self._sums = np.frombuffer(sums, "<f8").astype(np.float64).reshape(3, -1)
        self._centres = np.frombuffer(centres, "<f8").astype(np.float64)

"""Linear models, found by their answers: in any framework, their scores or log-odds are a weighted sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from udfs.explanations.shapley import Contributions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from udfs.explanations.shapley import Score

_TOLERANCE = 1e-3
"""Largest error, relative to how far the sums are spread, with which a model counts as linear."""

_SURE = 1e-4
"""Probabilities nearer to 0 or 1 than this have too few digits for their log-odds."""


@dataclass(frozen=True)
class Affine:
    """A model that is a weighted sum.

    Attributes:
        weights: of the features, (k,).
        means: of the features in the background, (k,).
        base: sum at the means.
        scale: scale of the sum, ``prediction`` or ``log-odds``.
    """

    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    base: float
    scale: str

    @classmethod
    def find(cls, score: Score, background: NDArray[np.float32]) -> Affine | None:
        """Return the weights of a model; None: it is not linear, or the background does not show it.

        Args:
            score: function of rows (m, k) that returns scores (m,).
            background: rows of training, (b, k).
        """
        if not np.isfinite(background).all():
            return None
        probes = np.concatenate([background, (background + background[::-1]) / 2])
        scores = np.asarray(score(probes), np.float64)
        found = cls._fitted(background, probes, scores, "prediction")
        if found is not None or not ((scores >= 0) & (scores <= 1)).all():
            return found
        is_told = (scores > _SURE) & (scores < 1 - _SURE)
        told = scores[is_told]
        return cls._fitted(background, probes[is_told], np.log(told) - np.log1p(-told), "log-odds")

    @classmethod
    def _fitted(
        cls, background: NDArray[np.float32], probes: NDArray[np.float32], sums: NDArray[np.float64], scale: str
    ) -> Affine | None:
        means, spread = background.mean(axis=0, dtype=np.float64), background.std(axis=0, dtype=np.float64)
        spread[spread == 0] = 1.0
        if len(probes) < 2 * (len(means) + 1) or not np.isfinite(sums).all():
            return None
        standard = np.column_stack([(probes - means) / spread, np.ones(len(probes))])
        found = np.linalg.lstsq(standard, sums, rcond=None)[0]
        if np.abs(standard @ found - sums).max() > _TOLERANCE * float(sums.std()):
            return None
        return cls(found[:-1] / spread, means, float(found[-1]), scale)

    def contributions(self, row: NDArray[np.float32]) -> Contributions:
        """Return the contributions of a row's features: weight by distance to the mean.

        Source: Lundberg and Lee, NeurIPS 2017, corollary 1.
        """
        return Contributions(self.weights * (row - self.means), self.base, self.scale)

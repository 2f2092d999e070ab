"""Gaussian naive Bayes: a class is likely for a row if each feature is common in that class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.learning.bayes_parameters import BayesParameters, added_in_order
from state.learning.packed import pack, unpack
from state.learning.row_cuts import row_cuts
from state.learning.statistics.feature_moments import FeatureMoments
from state.learning.statistics.running_moments import RunningMoments

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_AT_ONCE = 128  # rows: moments before each are kept for all classes


class GaussianNaiveBayes:
    """A learner of classes by the mean and variance of each feature in each class.

    Variances are smoothed by a share of the largest variance of a feature over all rows so far. A feature counts once
    it has a value in each class that has come; a missing one (NaN, infinite) is left out of that row. A row without a
    class 0..c−1 is predicted, not learnt, and counted as skipped.

    Source: Zhang, The optimality of naive Bayes, FLAIRS 2004; smoothing as in scikit-learn's GaussianNB.

    Args:
        features: width of the rows.
        classes: number of classes, >= 2.
        smoothing: share of the largest variance that is added to all, >= 0.

    Raises:
        ValueError: a setting is out of range.

    Example:
        >>> learner = GaussianNaiveBayes(1)
        >>> said = learner.learn_many(np.array([[0.0], [1.0], [8.0], [9.0]]), np.array([0.0, 0, 1, 1]), np.ones(4))
        >>> learner.predict_many(np.array([[1.0], [8.0]])).round(3).tolist()
        [0.0, 1.0]
    """

    def __init__(self, features: int, classes: int = 2, smoothing: float = 1e-9) -> None:
        if classes < 2 or not smoothing >= 0:
            msg = f"naive_bayes: expected classes >= 2 and smoothing >= 0, got {classes} and {smoothing}; 1e-9 is usual"
            raise ValueError(msg)
        self._smoothing = smoothing
        self._weights = np.zeros(classes)
        self._moments = [RunningMoments(features) for _ in range(classes)]
        self._skipped = 0

    @property
    def features(self) -> int:
        """Width of the rows."""
        return self._moments[0].features

    @property
    def skipped(self) -> int:
        """Rows with a weight that had no class."""
        return self._skipped

    def learn_many(
        self, rows: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Predict each row from the rows before it, then learn it; the split into batches changes no bit.

        Args:
            rows: features, (n, k).
            targets: number of the class, (n,).
            weights: weights of the rows, >= 0, (n,).

        Returns:
            The chance of class 1, (n,), of two classes; else the chances of all, (n, classes).
        """
        found = [self._learn(rows[part], targets[part], weights[part]) for part in row_cuts(0, len(rows), _AT_ONCE)]
        return np.concatenate(found) if found else self.predict_many(rows)

    def _learn(
        self, rows: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        # Of each row in each class, (c, n).
        added = np.where(targets == np.arange(len(self._weights))[:, np.newaxis], weights, 0.0)
        self._skipped += int(((weights > 0) & ~(added > 0).any(axis=0)).sum())
        before = [moments.learn(rows, own) for moments, own in zip(self._moments, added, strict=True)]
        sums = np.add.accumulate(np.column_stack([self._weights, added]), axis=1)
        self._weights = sums[:, -1].copy()
        return self._said(self._parameters(sums[:, :-1], _stacked(before)), rows)

    def predict_many(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict rows, (n, k), and learn nothing; return what `learn_many` returns."""
        known = self.parameters()
        return self._said(
            BayesParameters(known.log_priors, known.means[:, np.newaxis], known.variances[:, np.newaxis]), rows
        )

    def parameters(self) -> BayesParameters:
        """Return the parameters for an export, from all rows so far."""
        return self._parameters(self._weights, _stacked([moments.now() for moments in self._moments]))

    def _parameters(self, weights: NDArray[np.float64], moments: FeatureMoments) -> BayesParameters:
        """Return the parameters of class weights, (c, ...), and moments, (c, ..., k)."""
        has_come = weights > 0
        has_value = moments.counts > 0
        counts = np.where(has_value, moments.counts, 0.0)
        means, variances = np.where(has_value, moments.means, 0.0), np.where(has_value, moments.variances, 0.0)
        smoothed = variances + self._smoothing * _largest_variance(counts, means, variances)[..., np.newaxis]
        tells = (~has_come[..., np.newaxis] | (has_value & (smoothed > 0))).all(axis=0)
        is_used = tells & has_value
        with np.errstate(divide="ignore", invalid="ignore"):
            log_priors = np.log(weights / added_in_order(weights))
        log_priors[~has_come] = -np.inf
        return BayesParameters(log_priors, np.where(is_used, means, 0.0), np.where(is_used, smoothed, 1.0))

    def _said(self, parameters: BayesParameters, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        chances = parameters.chances(rows)
        return chances[:, 1].copy() if chances.shape[1] == 2 else chances

    def is_finite(self) -> bool:
        """Return whether the sums of all rows are finite."""
        return bool(np.isfinite(self._weights).all() and np.isfinite(self.parameters().variances).all())

    def scale_rate(self, factor: float) -> None:
        """Refuse: there is no rate.

        Raises:
            ValueError: always.
        """
        msg = f"scale_rate: expected a learner with a rate, got naive_bayes and {factor}; use the reaction reset"
        raise ValueError(msg)

    def merge(self, other: GaussianNaiveBayes) -> None:
        """Add the rows of another learner.

        Raises:
            ValueError: it has other features or classes.
        """
        self._check(other.features, len(other._weights))
        self._weights = self._weights + other._weights
        self._skipped += other._skipped
        for mine, theirs in zip(self._moments, other._moments, strict=True):
            mine.merge(theirs)

    def _check(self, features: int, classes: int) -> None:
        if (features, classes) != (self.features, len(self._weights)):
            msg = (
                f"naive_bayes: expected {self.features} features and {len(self._weights)} classes, got {features} and "
                f"{classes}; start without them"
            )
            raise ValueError(msg)

    def to_bytes(self) -> bytes:
        """Return the state, 32 bytes a feature and class."""
        head = np.array([self.features, self._skipped], "<i8").tobytes()
        moments = b"".join(each.to_bytes() for each in self._moments)
        return pack(VERSION, head, self._weights.astype("<f8").tobytes(), moments)

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version, features or classes.
        """
        head, weights, moments = unpack("naive_bayes", VERSION, data)
        features, skipped = np.frombuffer(head, "<i8").tolist()
        self._check(features, len(weights) // 8)
        self._weights, self._skipped = np.frombuffer(weights, "<f8").astype(np.float64), skipped
        size = len(moments) // len(self._moments)
        for place, each in enumerate(self._moments):
            each.restore(moments[place * size : (place + 1) * size])


def _stacked(moments: list[FeatureMoments]) -> FeatureMoments:
    return FeatureMoments(
        np.stack([each.counts for each in moments]),
        np.stack([each.means for each in moments]),
        np.stack([each.variances for each in moments]),
    )


def _largest_variance(
    counts: NDArray[np.float64], means: NDArray[np.float64], variances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the largest variance of a feature over the rows of all classes, (...), from those of each, (c, ..., k)."""
    total = np.maximum(added_in_order(counts), np.finfo(np.float64).tiny)
    gaps = means - added_in_order(counts * means) / total
    largest: NDArray[np.float64] = (added_in_order(counts * (variances + gaps * gaps)) / total).max(axis=-1)
    return largest

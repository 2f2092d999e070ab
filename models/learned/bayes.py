"""A Gaussian naive Bayes model, as a learner hands it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learned.arrays import at_least, different_names, finite_array
from models.learned.linear import served, softmax


@dataclass(frozen=True, eq=False)
class LearnedBayes:
    """A model of classes whose features are independent and normal.

    log P(class | x) = log prior - Σ ((x - mean)² / variance + log(2π variance)) / 2 + a constant of the row.

    Null rule: the sum leaves out a missing value (NaN), which is exact for independent features.

    Source: https://scikit-learn.org/stable/modules/naive_bayes.html#gaussian-naive-bayes

    Attributes:
        features: names of the k columns, in order.
        classes: names of the c classes; of two, the second is the positive one.
        means: (c, k) float64, in the features' units.
        variances: (c, k) float64, above 0: the learner smooths them.
        log_priors: (c,) float64.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]
    log_priors: NDArray[np.float64]

    def __post_init__(self) -> None:
        names, classes = different_names("features", self.features, 1), different_names("classes", self.classes, 2)
        shape = len(classes), len(names)
        found = {
            "means": finite_array("means", self.means, shape),
            "variances": finite_array("variances", self.variances, shape),
            "log_priors": finite_array("log_priors", self.log_priors, shape[:1]),
            "features": names,
            "classes": classes,
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)
        at_least("variances", self.variances, 0, is_above=True)

    @property
    def log_scales(self) -> NDArray[np.float64]:
        """The logarithms log(2π variance), (c, k)."""
        return np.asarray(np.log(2 * np.pi * self.variances))

    def scores(self, rows: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the probability of each class for rows (n, k), (n, c)."""
        x = np.asarray(rows, dtype=np.float64)[:, None, :]
        with np.errstate(over="ignore"):
            terms = np.square(x - self.means) / self.variances + self.log_scales  # (n, c, k)
        return softmax(self.log_priors - np.where(np.isnan(x), 0.0, terms).sum(axis=2) / 2)

    def predict(self, rows: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the predictions for rows (n, k) as a job serves them, (n,).

        They are the probability of the second of two classes, or of the likeliest of more.
        """
        return served(self.scores(rows))

"""Parameters of Gaussian naive Bayes, and the chances that they give."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class BayesParameters:
    """Parameters for an export: ln P(class | x) = log_prior − ½ Σ (ln 2πσ² + (x − mean)²/σ²) + constant.

    Attributes:
        log_priors: logarithm of the share of each class, (c,); −inf: it has not come yet.
        means: mean of each feature in each class, (c, k); 0 where a feature does not separate classes yet.
        variances: σ² of each, smoothed, (c, k); 1 where a feature does not separate classes yet.
    """

    log_priors: NDArray[np.float64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]

    def chances(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance of each class, (n, c); features that are not finite are left out.

        Args:
            rows: features, (n, k); the parameters may be those of each row, then, (c, n) and (c, n, k).
        """
        shape = (len(self.means), -1, rows.shape[1])
        means, variances = self.means.reshape(shape), self.variances.reshape(shape)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            gaps = rows - means
            terms = np.log(2 * math.pi * variances) + gaps * gaps / variances
            terms = np.where(np.isfinite(rows), terms, 0.0)
            joint = self.log_priors.reshape(len(self.log_priors), -1) - terms.sum(axis=-1) / 2
            shares = np.exp(joint - joint.max(axis=0))
            chances = (shares / added_in_order(shares)).T
        # Before the first class, all are as likely.
        chances[np.isnan(chances)] = 1.0 / len(self.log_priors)
        return np.ascontiguousarray(chances)


def added_in_order(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over the first axis, one after the other: `sum` may add in another order where rows are few."""
    total: NDArray[np.float64] = np.add.accumulate(values, axis=0)[-1]
    return total

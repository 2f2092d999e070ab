"""Areas under the ROC curve and their covariance by comparing all pairs of rows, and rows to compare."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EDGES = 1 / (1 + np.exp(-np.linspace(-12, 12, 999)))
JOINT_EDGES = 1 / (1 + np.exp(-np.linspace(-12, 12, 127)))


def sample(seed: int, n: int, shift: float = 1.0) -> tuple[NDArray[np.float64], ...]:
    """Scores of two correlated models and labels."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.2).astype(np.int64)
    shared = rng.normal(0, 1, n) + shift * labels
    scores = [1 / (1 + np.exp(2 - shared - rng.normal(0, noise, n))) for noise in (0.5, 0.8)]
    return scores[0], scores[1], labels


def delong(labels: NDArray[np.int64], *scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas and their covariance by comparing every positive with every negative, DeLong et al. 1988."""
    wins = []
    for score in scores:
        positives, negatives = score[labels == 1, np.newaxis], score[labels == 0]
        wins.append((positives > negatives) + 0.5 * (positives == negatives))
    ten, one = (np.stack([win.mean(axis=axis) for win in wins]) for axis in (1, 0))
    covariance = np.atleast_2d(np.cov(ten)) / ten.shape[1] + np.atleast_2d(np.cov(one)) / one.shape[1]
    return ten.mean(axis=1), covariance

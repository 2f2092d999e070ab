"""A learner and streams that are made for tests."""

from __future__ import annotations

import math

import numpy as np


class LoopLogistic:
    """Logistic regression by plain gradient steps, row by row; the last weight is the intercept."""

    def __init__(self, features: int = 2, rate: float = 0.05) -> None:
        self.weights, self.rate = np.zeros(features + 1), rate

    @property
    def features(self) -> int:
        return len(self.weights) - 1

    def learn_many(self, rows: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
        said = []
        for row, target, weight in zip(rows, targets, weights, strict=True):
            chance = self._chance(row)
            said.append(chance)
            if weight > 0 and math.isfinite(target):
                self.weights += self.rate * weight * (target - chance) * np.append(row, 1.0)
        return np.array(said)

    def predict_many(self, rows: np.ndarray) -> np.ndarray:
        return np.array([self._chance(row) for row in rows])

    def _chance(self, row: np.ndarray) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            margin = float((self.weights[:-1] * row).sum() + self.weights[-1])
        return 1 / (1 + math.exp(-min(max(margin, -500), 500))) if math.isfinite(margin) else math.nan

    def is_finite(self) -> bool:
        return bool(np.isfinite(self.weights).all())

    def scale_rate(self, factor: float) -> None:
        self.rate *= factor

    def to_bytes(self) -> bytes:
        return np.append(self.weights, self.rate).tobytes()

    def restore(self, data: bytes) -> None:
        *weights, self.rate = np.frombuffer(data).tolist()
        self.weights = np.array(weights)


class NoRate(LoopLogistic):
    """The same, but it has no rate."""

    def scale_rate(self, factor: float) -> None:
        msg = f"scale_rate: there is no rate to multiply by {factor}"
        raise ValueError(msg)


def two_classes(rows: int, seed: int = 0, sign: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two features, and targets that the first decides but for some noise."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 2))
    return features, (rng.random(rows) < 1 / (1 + np.exp(-4 * sign * features[:, 0]))).astype(np.float64)

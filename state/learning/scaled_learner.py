"""A scaler and its learner, as one learner of raw features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learning.learns import LearnsAtRate
    from state.learning.scaler import RunningScaler

VERSION = 1


class ScaledLearner:
    """A learner that sees each row standardised by the rows learnt before it.

    A row that is only predicted, for its weight is 0 or it has no target, does not count in the scaler either.

    Args:
        scaler: scaler of the features.
        learner: learner of standardised features.

    Attributes:
        scaler: the scaler.
        learner: the learner, whose parameters are those of standardised features.
    """

    def __init__(self, scaler: RunningScaler, learner: LearnsAtRate) -> None:
        self.scaler, self.learner = scaler, learner

    @property
    def features(self) -> int:
        """Width of the rows."""
        return self.scaler.features

    def learn_many(
        self, rows: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Predict each row from the rows before it, then learn it; the split into batches changes no bit.

        Args:
            rows: raw features, (n, k).
            targets: targets, (n,).
            weights: weights of the rows, >= 0, (n,).

        Returns:
            The predictions, (n,) or (n, classes).
        """
        scaled = self.scaler.transform_learn(rows, (weights > 0) & np.isfinite(targets))
        return self.learner.learn_many(scaled, targets, weights)

    def predict_many(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict rows of raw features, (n, k), and learn nothing."""
        return self.learner.predict_many(self.scaler.transform(rows))

    def is_finite(self) -> bool:
        """Return whether all parameters are finite."""
        return self.learner.is_finite()

    def scale_rate(self, factor: float) -> None:
        """Multiply the learner's rate.

        Raises:
            ValueError: it has no rate.
        """
        self.learner.scale_rate(factor)

    def to_bytes(self) -> bytes:
        """Return the state of both."""
        return pack(VERSION, self.scaler.to_bytes(), self.learner.to_bytes())

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version, or of another scaler or learner.
        """
        scaler, learner = unpack("scaled learner", VERSION, data)
        self.scaler.restore(scaler)
        self.learner.restore(learner)

"""Interface of learners, and the parameters of a linear one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Link: TypeAlias = Literal["identity", "logistic", "softmax", "sign"]


@dataclass(frozen=True, eq=False)
class LinearParameters:
    """The parameters of a linear model: all that an export needs.

    Attributes:
        weights: weight of each feature for each output, (k, outputs).
        bias: intercept of each output, (outputs,).
        link: function that makes predictions of ``rows @ weights + bias``; ``sign`` is 1 over 0, else 0.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    link: Link

    def margins(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``rows @ weights + bias``, (n, outputs), to the same bits however rows are split."""
        found = np.zeros((len(rows), len(self.bias)))
        with np.errstate(over="ignore", invalid="ignore"):
            # Feature by feature: the order of a matrix product's additions may depend on the number of rows.
            for column, weights in zip(rows.T, self.weights, strict=True):
                found += column[:, None] * weights
            return found + self.bias


class Learner(Protocol):
    """A model that learns row by row; only one thread at a time may use it.

    Targets are 0 or 1 for two classes, 0 to c - 1 for more, and numbers for regression. A row of weight 0 is predicted
    and not learnt. Nothing but the rows makes time pass.
    """

    @property
    def features(self) -> int:
        """Width of the rows."""

    def learn_many(
        self, rows: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Predict each row from the rows before it, then learn it; the split into batches changes no bit.

        Args:
            rows: features, (n, k).
            targets: targets, (n,).
            weights: weights of the rows, >= 0, (n,).

        Returns:
            The predictions from before each row was learnt, (n,), or (n, classes) with softmax.
        """

    def predict_many(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict rows, (n, k), and learn nothing; return (n,), or (n, classes) with softmax."""

    def parameters(self) -> LinearParameters:
        """Return a copy of the parameters."""

    def is_finite(self) -> bool:
        """Return whether the parameters are finite, and all that is kept to change them."""

    def to_bytes(self) -> bytes:
        """Return the state as packed arrays with a format version and the settings that it belongs to."""

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: the state is of another format version, or of other settings.
        """

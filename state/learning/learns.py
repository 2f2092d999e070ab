"""Interfaces of what learns, as this package uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Learns(Protocol):
    """A model that learns row by row; the split of rows into batches changes no bit."""

    @property
    def features(self) -> int:
        """Width of the rows."""

    def learn_many(
        self, rows: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Predict each row from the rows before it, then learn it; return the predictions."""

    def predict_many(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict rows, and learn nothing."""

    def is_finite(self) -> bool:
        """Return whether all parameters are finite."""

    def to_bytes(self) -> bytes:
        """Return the state."""

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break."""


class LearnsAtRate(Learns, Protocol):
    """A model whose rate of learning can be changed."""

    def scale_rate(self, factor: float) -> None:
        """Multiply the rate of all rows to come; raise a `ValueError` if there is no rate."""

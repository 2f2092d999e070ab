"""The shared model as keys see it for a while: its scale of rows, and its sums for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learners.learner import LinearParameters
    from state.learning.scaler import Scaling
    from state.training.chain import Chain

VERSION = 1


@dataclass(frozen=True, eq=False)
class SharedView:
    """A linear model that stays as it is.

    Attributes:
        scaling: how it standardises rows; None: it does not.
        parameters: its parameters.
    """

    scaling: Scaling | None
    parameters: LinearParameters

    @classmethod
    def of(cls, chain: Chain) -> SharedView:
        """Return a chain as it is now."""
        return cls(None if chain.scaler is None else chain.scaler.scaling(), chain.learner.parameters())

    def margins(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return standardised rows, (n, k), and the margins of rows, (n, outputs)."""
        standard = rows if self.scaling is None else self.scaling.apply(rows)
        return standard, self.parameters.margins(standard)

    def to_bytes(self) -> bytes:
        """Return the numbers as bytes."""
        known, scaling = self.parameters, self.scaling
        numbers = [known.weights, known.bias, *(() if scaling is None else (scaling.means, scaling.factors))]
        return pack(VERSION, *(each.astype("<f8").tobytes() for each in numbers))

    def restored(self, data: bytes) -> SharedView:
        """Return a view with the numbers that ``to_bytes`` wrote of a model with the same settings.

        Raises:
            ValueError: they are of another format version.
        """
        found = [np.frombuffer(each, "<f8") for each in unpack("shared model", VERSION, data)]
        weights = found[0].reshape(self.parameters.weights.shape)
        parameters = replace(self.parameters, weights=weights, bias=found[1])
        scaling = self.scaling
        return SharedView(scaling and replace(scaling, means=found[2], factors=found[3]), parameters)

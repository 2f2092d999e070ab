"""Interface of the functions that learn rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]


class Kernel(Protocol):
    """A function that predicts rows and learns them in place, one after the other."""

    def __call__(self, rows: Array, asked: Array, numbers: Array, state: Array, totals: Array, out: Array) -> None:
        """Fill the predictions, and change state and totals.

        Args:
            rows: features and a last column of ones, whose parameter is the intercept, (n, k + 1).
            asked: target, weight and rate of each row, (n, 3); a row of weight 0 is predicted only.
            numbers: settings, by the places that `kernels` names.
            state: parameters, then as many arrays of their shape as the update keeps, (arrays, outputs, k + 1).
            totals: numbers that the update keeps, by the places that `kernels` names.
            out: addends of each row's margins, 0 for most learners, (n, outputs); predictions replace them.
        """

"""A sample of the models' input rows, for the distribution of their features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class InputSample:
    """A sample of input rows, collected until it is taken.

    Args:
        most: most rows in a sample; of a batch with more, rows at even distances.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most
        self._rows: list[NDArray[Any]] = []

    def add(self, matrix: NDArray[Any]) -> None:
        """Keep rows of a batch, (n, k), while there is room."""
        if not self._left or not len(matrix):
            return
        rows = matrix[:: -(-len(matrix) // self._left)].copy()
        self._left -= len(rows)
        self._rows.append(rows)

    def take(self) -> NDArray[Any] | None:
        """Return the collected rows, (m, k), and start again; None: there are none."""
        rows, self._rows, self._left = self._rows, [], self._most
        return np.concatenate(rows) if rows else None

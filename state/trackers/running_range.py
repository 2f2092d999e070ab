"""Scaling of values to 0..1 by their least and largest so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RunningRange:
    """The least and largest of each value so far.

    Args:
        width: values in a row.
    """

    def __init__(self, width: int) -> None:
        self._least = np.full(width, np.inf)
        self._largest = np.full(width, -np.inf)

    def scale(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return rows scaled by the range up to each row, itself included; 0 where the range is empty.

        Args:
            rows: finite values, ``(n, width)``.
        """
        if not len(rows):
            return rows
        least = np.minimum(np.minimum.accumulate(rows), self._least)
        largest = np.maximum(np.maximum.accumulate(rows), self._largest)
        self._least, self._largest = least[-1].copy(), largest[-1].copy()
        span = largest - least
        scaled: NDArray[np.float64] = np.divide(rows - least, span, out=np.zeros_like(rows), where=span > 0)
        return scaled

    def snapshot(self) -> bytes:
        """Return both as bytes."""
        both: NDArray[np.float64] = np.concatenate([self._least, self._largest])
        return both.astype("<f8").tobytes()

    def restore(self, data: bytes) -> None:
        """Take the range of a snapshot.

        Raises:
            ValueError: it is one of rows with more values, or fewer.
        """
        both = np.frombuffer(data, "<f8").astype(np.float64).reshape(2, -1)
        if both.shape[1] != len(self._least):
            width = len(self._least)
            msg = f"range: expected the state of {width} values a row, got one of {both.shape[1]}; start without it"
            raise ValueError(msg)
        self._least, self._largest = both

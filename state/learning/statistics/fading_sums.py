"""Sums over rows in which a row counts less the more rows have followed it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_MOST_ROWS = 4096
_MOST_GROWTH = 2.0**30


class FadingSums:
    """Sums Sₙ = Σᵢ αⁿ⁻ⁱ·xᵢ over rows i = 1..n, in many cells at once; all fade at each row.

    Rows come in blocks of a fixed length. Row j of a block adds x·α⁻ʲ, and the end of the block multiplies all sums by
    α to its length. So a row costs one addition a value, and each addition is a step in the order of rows: cutting the
    stream into other batches changes no bit.

    Source: Gama, Sebastião, Rodrigues, On evaluating stream learning algorithms, Machine Learning 90, 2013,
    doi 10.1007/s10994-012-5320-9, section 3.3 (fading factors).

    Args:
        cells: number of sums.
        fading: α, over 0 to 1; 1 fades nothing.

    Raises:
        ValueError: the factor is out of range.

    Example:
        >>> sums = FadingSums(1, 0.5)
        >>> sums.add(np.zeros((3, 1), int), np.array([[4.0], [2.0], [1.0]]))
        >>> sums.totals.tolist()
        [3.0]
    """

    def __init__(self, cells: int, fading: float) -> None:
        self._growth = block_growth(fading)
        self._fading = fading
        self._sums = np.zeros(cells)
        self._rows = 0

    @property
    def rows(self) -> int:
        """Rows added so far, each as one."""
        return self._rows

    @property
    def totals(self) -> NDArray[np.float64]:
        """The sums, (cells,); the last row counts whole."""
        place = self._rows % len(self._growth)
        totals: NDArray[np.float64] = self._sums * self._fading ** (place - 1.0)
        return totals

    def add(self, cells: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add rows in order.

        Args:
            cells: the cells to which a row adds, (n, m).
            values: finite values that it adds there, (n, m).
        """
        begin = 0
        while begin < len(cells):
            place = self._rows % len(self._growth)
            end = min(len(cells), begin + len(self._growth) - place)
            grown = values[begin:end] * self._growth[place : place + end - begin, np.newaxis]
            # One after the other, unlike a sum by `bincount`, which would be added as a whole.
            np.add.at(self._sums, cells[begin:end].ravel(), grown.ravel())
            self._rows += end - begin
            if self._rows % len(self._growth) == 0:
                self._sums *= self._fading ** len(self._growth)
            begin = end

    def to_bytes(self) -> bytes:
        """Return the state."""
        head = np.array([self._fading], "<f8").tobytes() + np.array([self._rows], "<i8").tobytes()
        return pack(VERSION, head, self._sums.astype("<f8").tobytes())

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version, number of cells or fading factor.
        """
        head, sums = unpack("fading sums", VERSION, data)
        fading, rows = float(np.frombuffer(head, "<f8", 1)[0]), int(np.frombuffer(head, "<i8", 1, 8)[0])
        if len(sums) != 8 * len(self._sums) or fading != self._fading:
            msg = (
                f"fading sums: expected {len(self._sums)} sums that fade by {self._fading}, got {len(sums) // 8} that "
                f"fade by {fading}; start without them"
            )
            raise ValueError(msg)
        self._rows = rows
        self._sums = np.frombuffer(sums, "<f8").astype(np.float64)


def block_growth(fading: float) -> NDArray[np.float64]:
    """Return α⁻ʲ for each place j of a block, whose length is such that they stay below 2³⁰.

    Raises:
        ValueError: the factor is out of range.

    Example:
        >>> block_growth(0.5)[:3].tolist(), len(block_growth(0.5)), len(block_growth(1.0))
        ([1.0, 2.0, 4.0], 30, 4096)
    """
    if not 0 < fading <= 1:
        msg = f"fading: expected a factor over 0 to 1, got {fading}; 0.999 looks back over about 1000 rows"
        raise ValueError(msg)
    rows = _MOST_ROWS
    if fading < 1:
        rows = max(1, min(rows, int(math.log(_MOST_GROWTH) / -math.log(fading))))
    growth: NDArray[np.float64] = fading ** -np.arange(rows, dtype=np.float64)
    return growth

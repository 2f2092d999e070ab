"""Running values within segments: parts of an array that belong to one key each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONG = 64


def segment_starts(numbers: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return where each run of equal numbers starts.

    >>> segment_starts(np.array([7, 7, 3, 3, 3, 9])).tolist()
    [0, 2, 5]
    """
    is_start = np.empty(len(numbers), np.bool_)
    is_start[:1] = True
    np.not_equal(numbers[1:], numbers[:-1], out=is_start[1:])
    return np.flatnonzero(is_start)


def stable_order(numbers: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return the stable order of numbers in ``0..2**32 - 1``: radix sort, 16 bits a pass.

    >>> stable_order(np.array([70_000, 5, 70_000, 4])).tolist()
    [3, 1, 0, 2]
    """
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    high = numbers >> 16
    if high.any():
        order = order.take(np.argsort(high.take(order).astype(np.uint16), kind="stable"))
    return order


def running_sums(
    values: NDArray[np.int64], starts: NDArray[np.int64], segment: NDArray[np.int64], carry: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the running sum of each segment, from its carried sum; 64 bits wrap around.

    Args:
        values: ``(n,)`` or ``(n, w)``.
        starts: start of each segment.
        segment: number of the segment of each value.
        carry: ``(s,)`` or ``(s, w)`` a segment.
    """
    sums = np.cumsum(values, axis=0)
    offset = carry.copy()
    offset[1:] -= sums.take(starts[1:] - 1, axis=0)
    sums += offset.take(segment, axis=0)
    return sums


def running_maxima(values: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the running maximum of each segment.

    >>> running_maxima(np.array([1, 5, 2, 3, 1, 4]), np.array([0, 3])).tolist()
    [1, 5, 5, 3, 3, 4]
    """
    if len(starts) * _LONG <= len(values):
        ends = [*starts[1:].tolist(), len(values)]
        parts = zip(starts.tolist(), ends, strict=True)
        return np.concatenate([np.maximum.accumulate(values[start:end]) for start, end in parts])
    maxima = values.copy()
    lengths = np.diff(starts, append=len(values))
    position = np.arange(len(values)) - np.repeat(starts, lengths)
    # After the round of a step, each value covers twice as many before it.
    step = 1
    rows = np.flatnonzero(position >= step)
    while len(rows):
        maxima[rows] = np.maximum(maxima.take(rows), maxima.take(rows - step))
        step *= 2
        rows = rows[position.take(rows) >= step]
    return maxima


def running_maxima_backwards(values: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the running maximum of each segment, from its end to its start.

    >>> running_maxima_backwards(np.array([1, 5, 2, 3, 1, 4]), np.array([0, 3])).tolist()
    [5, 5, 2, 4, 4, 4]
    """
    ends = np.append(starts[1:], len(values))
    return running_maxima(values[::-1], (len(values) - ends)[::-1])[::-1]

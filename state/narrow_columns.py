"""Columns of numbers of eight bytes in as few bytes as their values allow, bit for bit.

A column is the least of its values and how far each is above it, in 1, 2, 4 or 8 bytes; or, where nearly all rows have
one value, that value and the rows that differ. Numbers are taken by their bits, so NaN and -0.0 are unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTHS = (1, 2, 4, 8)
_FEW = 16
"""A column has one value in nearly all rows if at most one row in so many differs."""

_MANY_ROWS = 1024
"""Fewer rows are kept as they are: to look at their values takes longer than to copy them."""


def narrowed(columns: Sequence[NDArray[Any]]) -> bytes:
    """Return columns as bytes.

    Args:
        columns: at least one, of (n,) int64, uint64 or float64 each.

    Example:
        >>> times = np.arange(2000) + 1_700_000_000_000
        >>> len(narrowed([times, np.full(2000, np.nan)])), 2 * times.nbytes
        (4026, 32000)
    """
    own = (column.astype(column.dtype.newbyteorder("="), copy=False) for column in columns)
    numbers = np.stack([column.view(np.uint64) for column in own])  # (k, n)
    if numbers.shape[1] < _MANY_ROWS:
        return numbers.astype("<u8").tobytes()
    common = numbers[:, -1].copy()
    differs = numbers != common[:, None]
    counts = differs.sum(axis=1)
    is_same = counts * _FEW <= numbers.shape[1]
    least = np.where(is_same, common, numbers.min(axis=1))
    most = (numbers.max(axis=1) - least).tolist()
    widths = [0 if same else _width(value) for same, value in zip(is_same.tolist(), most, strict=True)]
    parts = [bytes(widths), least.astype("<u8").tobytes(), counts.astype("<u4").tobytes()]
    for column, rows, bottom, width in zip(numbers, differs, least, widths, strict=True):
        if width:
            parts.append((column - bottom).astype(f"<u{width}").tobytes())
        elif (others := np.flatnonzero(rows)).size:
            parts += [others.astype("<u4").tobytes(), column[others].astype("<u8").tobytes()]
    return b"".join(parts)


def widened(data: bytes, place: int, rows: int, count: int) -> NDArray[np.uint64]:
    """Return the columns of ``narrowed`` by their bits, (count, rows).

    Args:
        data: bytes that hold them.
        place: where they begin.
        rows: number of rows.
        count: number of columns.
    """
    if not rows:
        return np.empty((count, 0), np.uint64)
    if rows < _MANY_ROWS:
        whole: NDArray[np.uint64] = np.frombuffer(data, "<u8", count * rows, place)
        return whole.reshape(count, rows)
    widths = data[place : place + count]
    least = np.frombuffer(data, "<u8", count, place + count)
    counts = np.frombuffer(data, "<u4", count, place + 9 * count).tolist()
    place += 13 * count
    columns = np.empty((count, rows), np.uint64)
    columns[:] = least[:, None]
    for column, width, differing in zip(columns, widths, counts, strict=True):
        if width:
            np.add(column, np.frombuffer(data, f"<u{width}", rows, place), out=column)
            place += rows * width
        elif differing:
            others = np.frombuffer(data, "<u4", differing, place)
            column[others] = np.frombuffer(data, "<u8", differing, place + others.nbytes)
            place += 12 * differing
    return columns


def _width(most: int) -> int:
    """Return the bytes that numbers up to one take."""
    return next(width for width in _WIDTHS if most < 256**width)

"""Cuts of a stream after fixed numbers of rows, whatever its batches."""

from __future__ import annotations

from collections.abc import Iterator


def row_cuts(done: int, rows: int, every: int) -> Iterator[slice]:
    """Yield the parts of a batch, each of which ends with it or where a multiple of some rows of the stream is done.

    Args:
        done: rows of the stream before the batch.
        rows: rows of the batch.
        every: rows between cuts, >= 1.

    Example:
        >>> [(part.start, part.stop) for part in row_cuts(60, 50, 32)]
        [(0, 4), (4, 36), (36, 50)]
    """
    begin = 0
    while begin < rows:
        end = min(rows, begin + every - (done + begin) % every)
        yield slice(begin, end)
        begin = end

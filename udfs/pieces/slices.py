"""Slices of a piece's lines, which are scored as batches are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def line_slices(lines: Sequence[bytes], most: int) -> Iterator[NDArray[np.object_]]:
    """Yield lines in as few arrays as possible, all of about one length; none for no lines.

    >>> [piece.tolist() for piece in line_slices([b"a", b"b", b"c"], 2)]
    [[b'a'], [b'b', b'c']]
    """
    slices = -(-len(lines) // most)
    for index in range(slices):
        part = lines[index * len(lines) // slices : (index + 1) * len(lines) // slices]
        yield np.fromiter(part, dtype=object, count=len(part))

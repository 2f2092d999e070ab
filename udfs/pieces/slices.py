"""Slices of a piece's lines, which are scored as batches are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def line_slices(lines: Sequence[bytes], most: int) -> Iterator[Sequence[bytes]]:
    """Yield lines in as few slices as possible, all of about one length; none for no lines.

    >>> list(line_slices([b"a", b"b", b"c"], 2))
    [[b'a'], [b'b', b'c']]
    """
    slices = -(-len(lines) // most)
    for index in range(slices):
        yield lines[index * len(lines) // slices : (index + 1) * len(lines) // slices]

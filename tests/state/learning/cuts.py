"""Streams cut into batches anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

CUTS = st.lists(st.integers(0, 300), max_size=8)


def batches(cuts: list[int], rows: int = 300) -> Iterator[slice]:
    """Yield the batches between cuts, in order; some may be empty."""
    edges = [0, *sorted(min(cut, rows) for cut in cuts), rows]
    yield from map(slice, edges, edges[1:])

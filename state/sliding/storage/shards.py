"""Shards: a key's shard is a hash of the key, the same in every process and release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from state.sliding.codes import to_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.rows import Column, Rows

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def shards_of(keys: Column, shards: int) -> NDArray[np.int64]:
    """Return the shard of each key, 0 to ``shards - 1``; that of NULL is 0.

    >>> from state.sliding.rows import Column
    >>> shards_of(Column(np.array([7, 8, 9])), 16).tolist()
    [4, 13, 7]
    """
    if keys.values.dtype == object:
        texts = [text or "" for text in keys.values.tolist()]
        hashes = np.array([crc32(text.encode("utf-8", "surrogatepass")) for text in texts], np.uint64)
    else:
        hashes = to_codes(keys.values).view(np.uint64)
    mixed = (hashes ^ (hashes >> np.uint64(32))) * _GOLDEN
    found = ((mixed >> np.uint64(40)) % np.uint64(shards)).astype(np.int64)
    if keys.nulls is not None:
        found[keys.nulls] = 0
    return found


def by_shard(rows: Rows, shards: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each shard that has rows, and the places of its rows in their order."""
    found = shards_of(rows.key, shards)
    order = np.argsort(found, kind="stable")
    ends = np.cumsum(np.bincount(found, minlength=shards)).tolist()
    for shard, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        if begin < end:
            yield shard, order[begin:end]

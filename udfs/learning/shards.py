"""Samples by the shard of their key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from state.training.samples import Samples

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Multiplier that spreads points which are near each other (Knuth, The Art of Computer Programming 3, 6.4)."""


def by_shard(samples: Samples, labels: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Yield the label of each shard that has samples, and these as bytes.

    Args:
        samples: rows.
        labels: label of each shard.
    """
    if len(labels) == 1:
        yield labels[0], samples.to_bytes()
        return
    shards = ((samples.keys * _GOLDEN >> np.uint64(40)) % np.uint64(len(labels))).astype(np.int64)
    order = np.argsort(shards, kind="stable")
    ends = np.cumsum(np.bincount(shards, minlength=len(labels))).tolist()
    whole = samples.take(order)
    for label, start, end in zip(labels, [0, *ends], ends, strict=False):
        if end > start:
            yield label, whole.take(slice(start, end)).to_bytes()

"""Outcomes by the shard of their units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from state.verdicts.outcomes import Outcomes

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""The points of units are hashes, but a small experiment's variants are intervals of them: shards mix them again."""


def by_unit(outcomes: Outcomes, labels: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Yield the label of each shard that has outcomes, and these as bytes.

    Args:
        outcomes: rows of one experiment.
        labels: label of each shard.
    """
    shards = (outcomes.points * _GOLDEN >> np.uint64(40)) % np.uint64(len(labels))
    order = np.argsort(shards, kind="stable")
    ends = np.cumsum(np.bincount(shards.astype(np.int64), minlength=len(labels))).tolist()
    whole = outcomes.take(order)
    for label, start, end in zip(labels, [0, *ends], ends, strict=False):
        if end > start:
            yield label, whole.take(slice(start, end)).to_bytes()

"""Samples to test with, and the state of a shard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from state.training.samples import Samples


def samples(*, known: Sequence[int], seed: int = 0, features: int = 3) -> Samples:
    """Return rows with these times and otherwise random values."""
    random, size = np.random.default_rng(seed), len(known)
    matrix = random.normal(size=(size, features)).astype(np.float32)
    return Samples(
        np.array(known, np.int64),
        np.array(known, np.int64),
        random.integers(0, 2**64, size, np.uint64),
        np.zeros(size, np.uint64),
        (random.random(size) < 1 / (1 + np.exp(-matrix[:, 0]))).astype(np.float64),
        np.ones(size),
        random.random(size),
        matrix,
    )


class DictStore:
    """State of a shard in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def items(self) -> Iterable[tuple[str, bytes]]:
        return self.entries.items()

    def put(self, key: str, value: bytes) -> None:
        self.entries[key] = value

    def get(self, key: str) -> bytes | None:
        return self.entries.get(key)

    def remove(self, key: str) -> None:
        self.entries.pop(key, None)

"""Hashed n-grams: texts as counts of their runs of words or characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from udfs.features.hashing import hash_texts, to_buckets, to_signs

if TYPE_CHECKING:
    from udfs.features.feature import Matrix


@dataclass(frozen=True)
class Ngrams:
    """Runs of `low` to `high` words or characters of the lower-cased text, each hashed into one of `buckets`.

    Source: Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009.
    """

    buckets: int
    low: int
    high: int
    unit: str
    signed: bool
    seed: int

    def count(self, texts: list[str | None], out: Matrix) -> None:
        """Add up the n-grams of each text into ``(n, buckets)``; a null has none.

        Cutting a text into n-grams is a Python loop; each distinct n-gram of the batch is hashed once.
        """
        out.fill(0.0)
        places: dict[str, int] = {}
        rows: list[int] = []
        grams: list[int] = []
        for row, text in enumerate(texts):
            found = [places.setdefault(gram, len(places)) for gram in self._cut(text or "")]
            grams += found
            rows += [row] * len(found)
        if grams:
            hashes = hash_texts(places, self.seed)[grams]
            places_hit = (np.asarray(rows), to_buckets(hashes, self.buckets))
            np.add.at(out, places_hit, to_signs(hashes) if self.signed else 1.0)

    def _cut(self, text: str) -> Iterator[str]:
        lowered = text.lower()
        if self.unit == "word":
            words = lowered.split()
            for size in range(self.low, self.high + 1):
                yield from (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))
            return
        for size in range(self.low, self.high + 1):
            yield from (lowered[at : at + size] for at in range(len(lowered) - size + 1))

"""A logistic regression that learns card transactions one by one, written from the papers, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import xxhash

DAY_MS = 86_400_000
RATE, CLIP, FAR, SPLIT = 0.05, 10.0, 10.0, 0.2


def is_held_out(event: int, model: str) -> bool:
    """Whether an event is a validation row: its id's hash is below the share."""
    return xxhash.xxh64_intdigest(f"{model}.{event}".encode()) < SPLIT * 2**64


class Oracle:
    """AdaGrad (Duchi, Hazan, Singer, JMLR 12, 2011) on features standardised by Welford's moments (1962)."""

    def __init__(self, width: int) -> None:
        self.weights, self.squares = [0.0] * (width + 1), [0.0] * (width + 1)
        self.count, self.means, self.sums = 0, [0.0] * width, [0.0] * width
        self.learnt = 0

    def learn(self, row: Sequence[float], target: float) -> None:
        x = [*self.scaled(row), 1.0]
        self.count += 1
        for j, value in enumerate(row):
            gap = value - self.means[j]
            self.means[j] += gap / self.count
            self.sums[j] += gap * (value - self.means[j])
        margin = sum(w * v for w, v in zip(self.weights, x, strict=True))
        error = 1 / (1 + math.exp(-margin)) - target
        norm = abs(error) * math.sqrt(sum(v * v for v in x))
        error *= min(1.0, CLIP / norm) if norm else 1.0
        for j, value in enumerate(x):
            slope = error * value
            self.squares[j] += slope * slope
            self.weights[j] -= RATE * slope / (math.sqrt(self.squares[j]) + 1e-8)
        self.learnt += 1

    def scaled(self, row: Sequence[float]) -> list[float]:
        """The row in deviations from the means of the rows before it."""
        found = []
        for value, mean, total in zip(row, self.means, self.sums, strict=True):
            deviation = math.sqrt(total / self.count) if self.count else 0.0
            found.append(max(-FAR, min(FAR, (value - mean) / deviation)) if deviation else 0.0)
        return found


def taught(rows: pd.DataFrame, columns: Sequence[str], model: str) -> Oracle:
    """Return what has learnt the rows that are not held out, in the order of ``known``, time and hash.

    Args:
        rows: transactions with features, ``TX_MS`` and ``known``.
        columns: the features.
        model: salt of the split.
    """
    oracle = Oracle(len(columns))
    hashes = [xxhash.xxh64_intdigest(f"{model}.{event}".encode()) for event in rows["TRANSACTION_ID"]]
    ordered = rows.assign(hash=pd.array(hashes, dtype="UInt64")).sort_values(["known", "TX_MS", "hash"])
    for row in ordered.to_dict("records"):
        if not is_held_out(row["TRANSACTION_ID"], model):
            oracle.learn([row[name] for name in columns], row["TX_FRAUD"])
    return oracle

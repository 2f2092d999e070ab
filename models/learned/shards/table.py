"""A table of linear models, one a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import fail
from models.learned.arrays import SUBJECT
from models.learned.linear import LearnedLinear, served


@dataclass(frozen=True, eq=False)
class LearnedTable:
    """Models of keys: value of a row = value of the model that its key shares + deviation of the key.

    Keys that were learnt in one shard of the stream share that shard's model. A key that is not in the table has the
    value of the mean of all shards' models, and no deviation.

    Attributes:
        key: name of the event field whose values are the keys.
        is_text: keys are texts; else whole numbers.
        other: model of all other keys.
        shared: model of each shard, of the same features, link, clip and classes as ``other``.
        keys: the m keys as text, a whole number in decimal.
        shards: place in ``shared`` of each key's model, (m,).
        deviations: what each key adds to weights, and last to the bias, of standardised features,
            float32 (m, outputs, k + 1).
        left_out: keys of the whole table that are not in this part of it.
    """

    key: str
    is_text: bool
    other: LearnedLinear
    shared: tuple[LearnedLinear, ...]
    keys: tuple[str, ...]
    shards: NDArray[np.int64]
    deviations: NDArray[np.float32]
    left_out: int = 0

    def __post_init__(self) -> None:
        size, outputs = len(self.keys), self.other.weights.shape[1]
        shape = size, outputs, len(self.other.features) + 1
        if self.deviations.shape != shape:
            fail(f"{SUBJECT}: deviations", f"expected shape {shape}, got {self.deviations.shape}")
        if not np.isfinite(self.deviations).all():
            key = self.keys[int(np.argwhere(~np.isfinite(self.deviations))[0][0])]
            fail(f"{SUBJECT}: deviations", f"expected finite numbers, got others for key {key!r}")
        if len(set(self.keys)) != size:
            fail(f"{SUBJECT}: keys", "expected different keys, got one twice")
        if self.shards.shape != (size,) or not np.isin(self.shards, np.arange(len(self.shared))).all():
            fail(f"{SUBJECT}: shards", f"expected {size} places of {len(self.shared)} models, got others")

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the k columns, in order."""
        return self.other.features

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; none of a regression."""
        return self.other.classes

    @cached_property
    def _places(self) -> dict[str, int]:
        return {key: place for place, key in enumerate(self.keys)}

    def values(self, rows: NDArray[np.floating[Any]], keys: Sequence[Any]) -> NDArray[np.float64]:
        """Return the values before the link of rows (n, k) of keys (n,), (n, outputs)."""
        places = np.array([self._places.get(str(key), -1) for key in keys], np.int64)
        found = np.empty((len(places), self.other.weights.shape[1]))
        owners = np.where(places < 0, -1, self.shards[places] if len(self.keys) else -1)
        for owner in np.unique(owners).tolist():
            model, own = self.other if owner < 0 else self.shared[owner], owners == owner
            z = model.standardised(rows[own])
            found[own] = z @ model.weights + model.bias
            if owner >= 0:
                deviations = self.deviations[places[own]].astype(np.float64)  # (n, outputs, k + 1)
                found[own] += np.einsum("nk,nok->no", z, deviations[:, :, :-1]) + deviations[:, :, -1]
        return found

    def predict(self, rows: NDArray[np.floating[Any]], keys: Sequence[Any]) -> NDArray[np.float64]:
        """Return the predictions for rows (n, k) of keys (n,) as a job serves them, (n,)."""
        return served(self.other.answers(self.values(rows, keys)))

    def top(self, most: int) -> LearnedTable:
        """Return the part of the table with the keys whose models deviate most."""
        sizes = np.abs(self.deviations.astype(np.float64)).sum(axis=(1, 2))
        chosen = np.sort(np.argsort(-sizes, kind="stable")[:most])
        return replace(
            self,
            keys=tuple(self.keys[place] for place in chosen.tolist()),
            shards=self.shards[chosen],
            deviations=self.deviations[chosen],
            left_out=self.left_out + len(self.keys) - len(chosen),
        )

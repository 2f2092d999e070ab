"""Features of the small job of which two are looked up in a feature store, and what is known there."""

from __future__ import annotations

from typing import Any

import numpy as np

from state.feature_store.feature_store import FeatureStore
from state.feature_store.group import Group

TABLE = "profiles"
LOOKUPS: tuple[dict[str, Any], ...] = (
    {"name": "amount", "type": "numerical", "source": "amount"},
    {
        "name": "size",
        "type": "lookup",
        "source": "card",
        "parameters": {"entity": "card", "feature_set": TABLE, "value": "size_mean", "default": 3, "max_age": "1s"},
    },
    {
        "name": "weight",
        "type": "lookup",
        "source": "id",
        "parameters": {"entity": "order", "feature_set": TABLE, "default": -1},
    },
)
KNOWN_AT_MS = 10_000


def fill(store: FeatureStore) -> None:
    """Write what is known of two cards and one order."""
    at = np.full(2, KNOWN_AT_MS)
    store.put_many(Group("card", TABLE), ["c1", "c2"], {"size_mean": [0.5, 2.5]}, at)
    store.put_many(Group("order", TABLE), ["7", "8"], {"weight": [4.0, None]}, at)


def rows(at_ms: int = KNOWN_AT_MS) -> dict[str, np.ndarray[Any, Any]]:
    """Return four orders: of a known card, of one that is unknown, of none, and one that is known itself."""
    return {
        "id": np.array([1, 2, 3, 7]),
        "at": np.array([at_ms, at_ms, at_ms, at_ms + 1001]),
        "card": np.array(["c1", "c9", None, "c2"], dtype=object),
        "amount": np.array([1.0, 2.0, 3.0, 4.0]),
    }


INPUTS = np.array([[1.0, 0.5, -1.0], [2.0, 3.0, -1.0], [3.0, 3.0, -1.0], [4.0, 3.0, 4.0]])
"""Features of the rows: the last row's card was seen more than a second before."""
WITHOUT_STORE = np.array([[1.0, 3.0, -1.0], [2.0, 3.0, -1.0], [3.0, 3.0, -1.0], [4.0, 3.0, -1.0]])
"""Features of the rows while the store is away."""

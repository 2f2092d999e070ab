"""A feature store on a Redis server of the tests, and two entities in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from state.feature_store.feature_store import FeatureStore
from state.feature_store.group import Group
from state.feature_store.redis_backend import RedisBackend
from tests.support.redis_server import RedisServer

GROUP = Group("customer", "abc")
TIMES = np.array([1, 2])


def on(server: RedisServer, **more: Any) -> RedisBackend:
    """Return a backend on a server; an answer may take 200 ms."""
    return RedisBackend(server.options(**{"timeout_s": 0.2, **more}), lifetime_s=60.0)


def filled(store: FeatureStore) -> FeatureStore:
    """Write a number of entities a and b."""
    store.put_many(GROUP, ["a", "b"], {"x": [1.0, 2.0]}, TIMES)
    return store

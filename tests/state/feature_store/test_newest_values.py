"""Whatever the order in which values arrive, the newest stay; in memory as on a server."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state.feature_store.backend import Backend
from state.feature_store.feature_store import FeatureStore
from state.feature_store.group import Group
from state.feature_store.memory_backend import MemoryBackend
from state.feature_store.redis_backend import RedisBackend
from tests.support.redis_server import RedisServer

ENTITIES, NAMES = ["a", "b"], ["x", "y"]
GROUP = Group("customer", "abc")
Write = tuple[str, frozenset[str], int, float]
WRITES = st.lists(
    st.tuples(
        st.sampled_from(ENTITIES),
        st.frozensets(st.sampled_from(NAMES), min_size=1),
        st.integers(-3, 3),
        st.floats(allow_nan=False),
    ),
    max_size=12,
)


def newest(writes: list[Write]) -> list[list[float | None]]:
    """The values that must stay, by their definition."""
    kept: dict[tuple[str, str], tuple[int, float]] = {}
    for entity, names, time, value in writes:
        for name in names:
            if (entity, name) not in kept or time >= kept[entity, name][0]:
                kept[entity, name] = (time, value)
    return [[kept.get((entity, name), (0, None))[1] for entity in ENTITIES] for name in NAMES]


@pytest.fixture(scope="module", params=["memory", "redis"])
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "memory":
        return MemoryBackend(lifetime_s=60.0)
    server: RedisServer = request.getfixturevalue("server")
    return RedisBackend(server.options(timeout_s=5.0), lifetime_s=60.0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=WRITES)
def test_newest_values_stay(writes: list[Write], backend: Backend, open_store: Callable[..., FeatureStore]) -> None:
    store = open_store(backend, cache_size=0)
    store.delete(GROUP, ENTITIES)
    for entity, names, time, value in writes:
        store.put_many(GROUP, [entity], {name: [value] for name in sorted(names)}, np.array([time]))
    got = store.get_many(GROUP, ENTITIES, NAMES)
    assert [got.values(name) for name in NAMES] == newest(writes)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(8)), cuts=st.sets(st.integers(1, 7)))
def test_any_order_and_any_batches_end_alike(
    order: list[int], cuts: set[int], backend: Backend, open_store: Callable[..., FeatureStore]
) -> None:
    store = open_store(backend, cache_size=0)
    store.delete(GROUP, ENTITIES)
    for batch in np.split(np.array(order), sorted(cuts)):
        keys = [ENTITIES[place % 2] for place in batch]
        store.put_many(GROUP, keys, {"x": batch * 1.0, "y": -batch}, batch)
    got = store.get_many(GROUP, ENTITIES, NAMES)
    assert (got.values("x"), got.values("y")) == ([6.0, 7.0], [-6, -7])


def test_a_replay_changes_nothing(backend: Backend, open_store: Callable[..., FeatureStore]) -> None:
    store = open_store(backend, cache_size=0)
    store.delete(GROUP, ENTITIES)
    keys, columns, times = ["a", "b", "a"], {"x": [1.0, 2.0, 3.0]}, np.array([5, 6, 7])
    assert store.put_many(GROUP, keys, columns, times) == 0
    assert store.put_many(GROUP, keys, columns, times) == 1
    assert (store.names(GROUP, "a"), store.names(GROUP, "none")) == (["x"], [])
    assert store.get_many(GROUP, ENTITIES, ["x"]).values("x") == [3.0, 2.0]


def test_sets_of_features_are_apart(backend: Backend, open_store: Callable[..., FeatureStore]) -> None:
    store = open_store(backend, cache_size=0)
    store.put_many(GROUP, ["c"], {"x": [1.0]}, np.array([5]))
    assert store.get_many(Group("customer", "def"), ["c"], ["x"]).values("x") == [None]
    assert store.delete(GROUP, ["c", "c", "none"]) == 1
    assert store.get_many(GROUP, ["c"], ["x"]).values("x") == [None]

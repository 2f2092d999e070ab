"""A real server whose keys hold what no store wrote, and entities and tables of odd names and sizes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from state.feature_store.errors import StoreError
from state.feature_store.feature_store import FeatureStore
from state.feature_store.redis_client import open_client
from tests.support.redis_server import RedisServer
from tests.support.stored_features import GROUP, filled, on


@pytest.fixture
def client(server: RedisServer) -> Iterator[Any]:
    with open_client(server.options(timeout_s=5.0)) as opened:
        opened.flushall()
        yield opened


@pytest.fixture
def store(server: RedisServer, client: Any, open_store: Callable[..., FeatureStore]) -> FeatureStore:
    return filled(open_store(on(server, timeout_s=5.0), cache_size=0))


def test_a_key_of_another_type_costs_no_other_row_and_gives_way(store: FeatureStore, client: Any) -> None:
    client.set(GROUP.key("text"), "hello")
    got = store.get_many(GROUP, ["a", "text", "b"], ["x"])
    assert (got.values("x"), got.is_failed.any()) == ([1.0, None, 2.0], False)
    assert store.put_many(GROUP, ["a", "text", "b"], {"x": [5.0, 6.0, 7.0]}, np.array([5, 5, 5])) == 0
    assert store.get_many(GROUP, ["a", "text", "b"], ["x"]).values("x") == [5.0, 6.0, 7.0]


def test_a_key_of_another_type_has_no_names_to_tell(store: FeatureStore, client: Any) -> None:
    client.set(GROUP.key("text"), "hello")
    with pytest.raises(StoreError, match="WRONGTYPE"):
        store.names(GROUP, "text")
    client.hset(GROUP.key("a"), b"\xff", b"")
    assert store.names(GROUP, "a") == ["x", "\ufffd"]


@pytest.mark.parametrize("cell", [b"", b"z", b"123456789", b"z" * 17], ids=["nothing", "short", "no kind", "long"])
def test_a_cell_of_another_layout_gives_way(cell: bytes, store: FeatureStore, client: Any) -> None:
    client.hset(GROUP.key("a"), "x", cell)
    assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [None]
    assert store.put_many(GROUP, ["a"], {"x": [8.0]}, np.array([5])) == 0
    assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [8.0]


def test_a_refusal_of_one_key_is_told(
    server: RedisServer, client: Any, open_store: Callable[..., FeatureStore]
) -> None:
    client.acl_setuser("some", enabled=True, passwords=["+p"], keys=[GROUP.key("a")], commands=["+hmget", "+evalsha"])
    store = open_store(on(server, user="some", password="p"))
    assert store.get_many(GROUP, ["a", "b"], ["x"]).is_failed.all()
    assert store.counts().errors == {"access": 1}


def test_a_master_that_is_down_is_unreachable(store: FeatureStore, client: Any) -> None:
    client.config_set("replica-serve-stale-data", "no")
    client.replicaof("127.0.0.1", "1")
    try:
        assert store.get_many(GROUP, ["a"], ["x"]).is_failed.all()
    finally:
        client.replicaof("NO", "ONE")
    assert store.counts().errors == {"unreachable": 1}
    assert filled(store).get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]


@pytest.mark.parametrize(
    "key",
    ["", "a:b", "a\0b", "日本 😀", "*", "{a}", "\ud800", GROUP.key("a"), "k" * 1_000_000],
    ids=["empty", "colon", "zero", "wide", "pattern", "tag", "half a character", "a key of ours", "long"],
)
def test_an_entity_may_have_any_name(key: str, store: FeatureStore) -> None:
    store.put_many(GROUP, [key], {"x": [3.0]}, np.array([3]))
    assert store.get_many(GROUP, ["a", key], ["x"]).values("x") == [1.0, 3.0]
    assert (store.names(GROUP, key), store.delete(GROUP, [key])) == (["x"], 1)


def test_an_entity_may_have_thousands_of_values(store: FeatureStore, server: RedisServer) -> None:
    columns = {f"x{place}": [float(place)] for place in range(4100)}
    before = server.ask("commandstats")["cmdstat_evalsha"]["calls"]
    assert store.put_many(GROUP, ["wide"], columns, np.array([2])) == 0
    assert store.put_many(GROUP, ["wide"], {name: [0.0] for name in columns}, np.array([1])) == 4100
    assert server.ask("commandstats")["cmdstat_evalsha"]["calls"] == before + 2
    got = store.get_many(GROUP, ["wide"], [*columns])
    assert got.numbers()[0][0].tolist() == np.arange(4100.0).tolist()


def test_one_call_holds_the_server_up_for_a_bounded_number_of_values(store: FeatureStore, server: RedisServer) -> None:
    before = server.ask("commandstats")["cmdstat_evalsha"]["calls"]
    keys = [f"c{place}" for place in range(101)]
    store.put_many(GROUP, keys, {f"x{place}": np.zeros(101) for place in range(1000)}, np.zeros(101, np.int64))
    assert server.ask("commandstats")["cmdstat_evalsha"]["calls"] == before + 3


def test_threads_wait_for_a_connection(server: RedisServer, open_store: Callable[..., FeatureStore]) -> None:
    store, together = filled(open_store(on(server, connections=2, timeout_s=5.0), cache_size=0)), threading.Barrier(12)

    def ask(number: int) -> bool:
        together.wait(30)
        return bool(store.get_many(GROUP, [f"c{number}"], ["x"]).is_failed.any())

    with ThreadPoolExecutor(12) as pool:
        assert not any(pool.map(ask, range(12)))
    assert store.counts().errors == {}
    assert store.counts().loaded == 12

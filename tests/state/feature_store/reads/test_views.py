"""Parts of a batch that come from several tables: one call of the backend, and the answers of a dict."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.feature_store.attempts import Patience
from state.feature_store.counts import Counting
from state.feature_store.errors import StoreError
from state.feature_store.feature_store import FeatureStore
from state.feature_store.group import Group
from state.feature_store.memory_backend import MemoryBackend
from state.feature_store.reads.store_options import StoreOptions
from state.feature_store.reads.views import Views
from state.feature_store.reads.wanted import Wanted
from state.feature_store.redis_backend import RedisBackend
from tests.support.redis_server import RedisServer
from udfs.scoring.breaker import BreakerOptions, CircuitBreaker

CUSTOMERS, MERCHANTS = Group("customer", "abc"), Group("merchant", "abc")
NAMES = {CUSTOMERS: ("x", "y"), MERCHANTS: ("z",)}
TIME = np.array([1])


def filled(store: FeatureStore) -> FeatureStore:
    store.put_many(CUSTOMERS, ["a", "b"], {"x": [1.0, 2.0], "y": [3.0, 4.0]}, np.array([1, 2]))
    store.put_many(MERCHANTS, ["a"], {"z": [5.0]}, TIME)
    return store


@pytest.fixture
def on_server(server: RedisServer, open_store: Callable[..., FeatureStore]) -> FeatureStore:
    return filled(open_store(RedisBackend(server.options(timeout_s=5.0), lifetime_s=60.0)))


def test_two_tables_are_one_round_trip(on_server: FeatureStore, server: RedisServer) -> None:
    on_server.stats()
    before = server.ask("stats")["total_reads_processed"]
    wanted = [Wanted(CUSTOMERS, ["b", "a", "b"], ("x", "y")), Wanted(MERCHANTS, ["a", "q"], ("z",))]
    customers, merchants = on_server.get_all(wanted)
    # The question of the test itself reads a few times, as often at any time.
    idle = server.ask("stats")["total_reads_processed"]
    reads, own = idle - before, server.ask("stats")["total_reads_processed"] - idle
    assert (customers.values("x"), customers.values("y")) == ([2.0, 1.0, 2.0], [4.0, 3.0, 4.0])
    assert (merchants.values("z"), merchants.is_failed.tolist()) == ([5.0, None], [False, False])
    assert reads - own == 1


def test_a_failure_is_told_for_each_table(open_store: Callable[..., FeatureStore]) -> None:
    class Away(MemoryBackend):
        def read(self, keys: Sequence[str], names: Sequence[Sequence[str]]) -> Sequence[Sequence[bytes | None]]:
            raise StoreError(reason="timeout", text=f"no answer for {len(keys)} of {len(names)}")

    store = filled(open_store(Away(60.0)))
    for _ in range(2):
        found = store.get_all([Wanted(CUSTOMERS, ["a", "b"], ("x",)), Wanted(MERCHANTS, ["a"], ("z",))])
        assert [each.is_failed.all() for each in found] == [True, True]
    assert store.counts().errors == {"timeout": 2}


def test_an_error_of_the_program_leaves_no_read_under_way() -> None:
    answers = [[b"?"], RuntimeError("broken"), [b"?"]]

    def read(*_: object) -> Sequence[Sequence[bytes | None]]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [answer]

    views = Views(read, StoreOptions(cache_size=0), Counting(), lambda: 0.0)
    wanted = [Wanted(MERCHANTS, ["a"], ("z",))]
    assert views.get_all(wanted)[0].values("z") == [None]
    with pytest.raises(RuntimeError, match="broken"):
        views.get_all(wanted)
    assert views.get_all(wanted)[0].values("z") == [None]


PARTS = st.lists(st.tuples(st.sampled_from([CUSTOMERS, MERCHANTS]), st.lists(st.sampled_from("abcd"), max_size=6)))


@given(batches=st.lists(PARTS, max_size=5), size=st.integers(0, 3))
def test_any_batches_get_what_a_dict_has(batches: list[list[tuple[Group, list[str]]]], size: int) -> None:
    known = {(CUSTOMERS, "a"): (1.0, 3.0), (CUSTOMERS, "b"): (2.0, 4.0), (MERCHANTS, "a"): (5.0,)}
    store = FeatureStore(
        MemoryBackend(60.0),
        StoreOptions(cache_size=size),
        patience=Patience(),
        breaker=CircuitBreaker(BreakerOptions(failures=3, open_s=10.0, successes=1)),
    )
    filled(store)
    for parts in batches:
        found = store.get_all([Wanted(group, keys, NAMES[group]) for group, keys in parts])
        for (group, keys), each in zip(parts, found, strict=True):
            for place, name in enumerate(NAMES[group]):
                golden = [known[group, key][place] if (group, key) in known else None for key in keys]
                assert each.values(name) == golden

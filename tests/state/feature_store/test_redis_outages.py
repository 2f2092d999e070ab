"""A real server that is killed, slow or full, or lets nobody in: no batch fails, and it comes back by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from state.feature_store.attempts import Patience
from state.feature_store.errors import StoreError
from state.feature_store.feature_store import FeatureStore
from state.feature_store.reads.store_options import StoreOptions
from tests.support.redis_server import redis_server
from tests.support.stored_features import GROUP, filled, on
from udfs.scoring.breaker import BreakerOptions, CircuitBreaker

# Rights that a user needs, as the page lists them.
READS, WRITES = ("+hmget", "+hkeys"), ("+evalsha", "+eval", "+script", "+hset", "+pexpire", "+hmget", "+del")
COMMANDS = (*READS, *WRITES, "+info", "+dbsize", "+scan", "+memory")
USERS = ("--user", "job", "on", ">secret", "~gress:*", *COMMANDS, "--user", "default", "off")


def test_a_killed_server_fails_no_batch_and_comes_back(
    folder: Path, open_store: Callable[..., FeatureStore], clock: Any
) -> None:
    with redis_server(folder) as server:
        store = filled(open_store(on(server), retries=1, cache_size=0))
        assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]
        server.kill()
        for _ in range(3):
            assert store.get_many(GROUP, ["a", "b"], ["x"]).floats("x", 7.0).tolist() == [7.0, 7.0]
        counts = store.counts()
        assert (counts.failed, counts.errors["unreachable"]) == (6, 3)
        assert counts.errors["open"] >= 2
        server.start()
        clock.sleep(10.0)
        assert not store.get_many(GROUP, ["a"], ["x"]).is_failed.any()
        assert filled(store).get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]


def test_threads_go_on_while_a_server_is_killed_and_restarted(folder: Path) -> None:
    is_over, batches = threading.Event(), list[bool]()

    def score(store: FeatureStore) -> None:
        while not is_over.is_set():
            got = store.get_many(GROUP, ["a", "b", "a"], ["x"])
            assert got.floats("x", 7.0).shape == (3,)
            batches.append(bool(got.is_failed.any()))

    def await_batches(*, failed: bool) -> None:
        seen, deadline = len(batches), time.monotonic() + 30
        while failed not in batches[seen:] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert failed in batches[seen:]

    breaker = CircuitBreaker(BreakerOptions(failures=3, open_s=0.05, successes=1))
    with redis_server(folder) as server, ThreadPoolExecutor(3) as pool:
        store = FeatureStore(on(server), StoreOptions(cache_size=0), patience=Patience(retries=0), breaker=breaker)
        scoring = [pool.submit(score, filled(store)) for _ in range(3)]
        try:
            await_batches(failed=False)
            server.kill()
            await_batches(failed=True)
            server.start()
            await_batches(failed=False)
        finally:
            is_over.set()
        assert [each.result() for each in scoring] == [None] * 3
        assert set(store.counts().errors) <= {"unreachable", "timeout", "open"}
        store.close()


def test_a_restart_between_batches_is_tried_again(folder: Path, open_store: Callable[..., FeatureStore]) -> None:
    with redis_server(folder) as server:
        store = filled(open_store(on(server), retries=1, cache_size=0))
        server.kill()
        server.start()
        got = store.get_many(GROUP, ["a"], ["x"])
        assert (got.is_failed.tolist(), got.values("x")) == ([False], [None])
        assert filled(store).get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]


def test_a_slow_server_is_not_waited_for(folder: Path, open_store: Callable[..., FeatureStore], clock: Any) -> None:
    with redis_server(folder) as server:
        store = filled(open_store(on(server), cache_size=0))
        server.pause()
        for _ in range(4):
            assert store.get_many(GROUP, ["a"], ["x"]).is_failed.all()
        assert store.counts().errors == {"timeout": 3, "open": 1}
        server.resume()
        clock.sleep(10.0)
        assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]


def test_a_full_server_refuses_writes_and_answers_reads(folder: Path, open_store: Callable[..., FeatureStore]) -> None:
    with redis_server(folder) as server:
        store = filled(open_store(on(server), retries=1, cache_size=0))
        server.set("maxmemory", "1mb")
        with pytest.raises(StoreError, match=r"redis at 127.0.0.1:[0-9]+: .*command not allowed") as caught:
            filled(store)
        assert caught.value.reason == "full"
        assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]
        assert store.stats().bytes_limit == 1 << 20
        server.set("maxmemory", "0")
        filled(store)
        assert store.counts().errors == {"full": 1}


def test_users_and_passwords(folder: Path, open_store: Callable[..., FeatureStore]) -> None:
    with redis_server(folder, *USERS) as server:
        store = filled(open_store(on(server, user="job", password="secret")))
        assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]
        assert (store.names(GROUP, "a"), store.delete(GROUP, ["a"]), store.stats().entities) == (["x"], 1, 1)
        for access in ({"user": "job", "password": "wrong"}, {}):
            refused = open_store(on(server, **access), retries=3)
            assert refused.get_many(GROUP, ["a"], ["x"]).is_failed.all()
            assert refused.counts().errors == {"access": 1}
        with pytest.raises(StoreError, match=r"redis at 127\.0\.0\.1:"):
            refused.stats()

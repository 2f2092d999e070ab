"""Batches of rows in front of a backend: the cache, the counters, threads that want the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from state.feature_store.counts import StoreCounts
from state.feature_store.errors import StoreError
from state.feature_store.feature_store import FeatureStore
from state.feature_store.group import Group
from state.feature_store.memory_backend import MemoryBackend

GROUP = Group("customer", "abc")


class Watched(MemoryBackend):
    """A backend that notes what it is asked, and fails or waits when told to."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(60.0, clock)
        self.asked: list[list[str]] = []
        self.error: StoreError | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.is_asked = threading.Event()

    def read(self, keys: Sequence[str], names: Sequence[Sequence[str]]) -> Sequence[Sequence[bytes | None]]:
        self.asked.append([key.rpartition(":")[2] for key in keys])
        self.is_asked.set()
        assert self.gate.wait(30)
        if self.error is not None:
            raise self.error
        return super().read(keys, names)


@pytest.fixture
def backend(clock: Callable[[], float]) -> Watched:
    return Watched(clock)


def filled(store: FeatureStore) -> FeatureStore:
    store.put_many(GROUP, ["a", "b"], {"x": [1.0, 2.0]}, np.array([10, 20]))
    return store


def test_a_batch_asks_once_for_each_key(backend: Watched, open_store: Callable[..., FeatureStore]) -> None:
    store = filled(open_store(backend))
    got = store.get_many(GROUP, ["b", "a", "b", "c", "b"], ["x"])
    assert got.values("x") == [2.0, 1.0, 2.0, None, 2.0]
    assert got.times_ms("x").tolist() == [20, 10, 20, 0, 20]
    assert backend.asked == [["b", "a", "c"]]
    assert store.get_many(GROUP, ["c", "a", "d"], ["x"]).values("x") == [None, 1.0, None]
    assert backend.asked[1:] == [["d"]]
    assert store.counts() == StoreCounts(cached=2, loaded=4, missing=3)


def test_no_rows_ask_nothing(backend: Watched, open_store: Callable[..., FeatureStore]) -> None:
    assert open_store(backend).get_many(GROUP, [], ["x"]).floats("x").shape == (0,)
    assert backend.asked == []


def test_no_names_ask_and_write_nothing(backend: Watched, open_store: Callable[..., FeatureStore]) -> None:
    store = open_store(backend)
    assert store.put_many(GROUP, ["a"], {}, np.array([1])) == 0
    assert store.get_many(GROUP, ["a", "b"], []).cells.kinds.shape == (2, 0)
    assert (backend.asked, store.stats().entities) == ([], 0)


def test_what_is_written_is_seen_at_once(backend: Watched, open_store: Callable[..., FeatureStore]) -> None:
    store = filled(open_store(backend))
    store.get_many(GROUP, ["a"], ["x"])
    store.put_many(GROUP, ["a"], {"x": [3.0]}, np.array([11]))
    assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [3.0]
    store.delete(GROUP, ["a"])
    assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [None]


def test_entries_of_the_cache_and_entities_end(
    backend: Watched, open_store: Callable[..., FeatureStore], clock: Callable[[], float]
) -> None:
    store = filled(open_store(backend, cache_ttl_s=5.0))
    for now_s, asked in ((0.0, 1), (4.0, 1), (5.0, 2), (59.0, 3), (61.0, 3)):
        clock.now_s = now_s  # type: ignore[attr-defined]
        assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]
        assert len(backend.asked) == asked
    clock.now_s = 64.0  # type: ignore[attr-defined]
    assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [None]
    assert store.stats().entities == 0


def test_age_in_event_time_hides_a_value(backend: Watched, open_store: Callable[..., FeatureStore]) -> None:
    store = filled(open_store(backend, event_ttl_ms=100))
    got = store.get_many(GROUP, ["a", "a", "b"], ["x"], as_of_ms=np.array([110, 111, 111]))
    assert got.values("x") == [1.0, None, 2.0]
    assert store.counts().expired == 1
    assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]


@pytest.mark.parametrize("is_stale", [False, True], ids=["default", "stale"])
def test_an_outage_fails_no_batch(is_stale: bool, backend: Watched, open_store: Callable[..., FeatureStore],
                                  clock: Callable[[], float]) -> None:  # fmt: skip
    store = filled(open_store(backend, cache_ttl_s=5.0, is_serving_stale=is_stale))
    store.get_many(GROUP, ["a"], ["x"])
    clock.now_s = 6.0  # type: ignore[attr-defined]
    backend.error = StoreError("timeout", "no answer")
    got = store.get_many(GROUP, ["b", "a"], ["x"])
    assert got.floats("x", 7.0).tolist() == [7.0, 1.0 if is_stale else 7.0]
    assert got.is_failed.tolist() == [True, not is_stale]
    counts = store.counts()
    assert (counts.failed, counts.stale, counts.errors) == (2 - is_stale, int(is_stale), {"timeout": 1})


def test_the_breaker_leaves_the_server_alone_for_a_while(
    backend: Watched, open_store: Callable[..., FeatureStore], clock: Callable[[], float]
) -> None:
    store = filled(open_store(backend, retries=5))
    backend.error = StoreError("unreachable", "no route")
    assert store.get_many(GROUP, ["a"], ["x"]).is_failed.all()
    assert (len(backend.asked), clock.now_s) == (3, pytest.approx(0.1 + 0.2 + 0.4))  # type: ignore[attr-defined]
    assert store.get_many(GROUP, ["a"], ["x"]).is_failed.all()
    assert (len(backend.asked), store.counts().errors) == (3, {"unreachable": 3, "open": 2})
    with pytest.raises(StoreError, match="feature store: the server failed several times in a row"):
        store.stats()
    backend.error = None
    clock.now_s += 10.0  # type: ignore[attr-defined]
    assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]


def test_a_refusal_is_not_tried_again_and_opens_nothing(
    backend: Watched, open_store: Callable[..., FeatureStore]
) -> None:
    store = filled(open_store(backend, retries=3))
    backend.error = StoreError("refused", "wrong type")
    for _ in range(5):
        assert store.get_many(GROUP, ["a"], ["x"]).is_failed.all()
    assert store.counts().errors == {"refused": 5}


def test_threads_share_a_read(backend: Watched, open_store: Callable[..., FeatureStore]) -> None:
    store = filled(open_store(backend, cache_size=0))
    backend.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.get_many, GROUP, ["a", "c"], ["x"])
        assert backend.is_asked.wait(30)
        backend.is_asked.clear()
        second = pool.submit(store.get_many, GROUP, ["b", "a"], ["x"])
        assert backend.is_asked.wait(30)
        backend.gate.set()
        assert first.result().values("x") == [1.0, None]
        assert second.result().values("x") == [2.0, 1.0]
    assert backend.asked == [["a", "c"], ["b"]]
    assert store.counts().shared == 1


def test_threads_that_share_a_failed_read_both_go_on(backend: Watched, open_store: Callable[..., FeatureStore]) -> None:
    store = filled(open_store(backend))
    backend.gate.clear()
    backend.error = StoreError("timeout", "no answer")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.get_many, GROUP, ["a"], ["x"])
        assert backend.is_asked.wait(30)
        backend.is_asked.clear()
        second = pool.submit(store.get_many, GROUP, ["a", "b"], ["x"])
        assert backend.is_asked.wait(30)
        backend.gate.set()
        assert first.result().is_failed.tolist() == [True]
        assert second.result().is_failed.tolist() == [True, True]
    backend.error = None
    assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]


def test_columns_of_other_lengths_are_refused(backend: Watched, open_store: Callable[..., FeatureStore]) -> None:
    with pytest.raises(ValueError, match="expected a value for each of 2 keys, got x 1"):
        open_store(backend).put_many(GROUP, ["a", "b"], {"x": [1.0]}, np.array([1, 2]))


def test_a_writer_hears_of_a_failure(backend: Watched, open_store: Callable[..., FeatureStore]) -> None:
    def full(*_: object) -> int:
        raise StoreError(reason="full", text="no memory left")

    backend.write = full  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="feature store: no memory left") as caught:
        filled(open_store(backend))
    assert caught.value.reason == "full"


def test_memory_forgets_what_nobody_reads(clock: Callable[[], float]) -> None:
    backend = MemoryBackend(1.0, clock)
    cell = b"\0" * 17
    backend.write([f"k{number}" for number in range(1000)], ["x"], [[cell]] * 1000)
    clock.now_s = 2.0  # type: ignore[attr-defined]
    backend.write([f"n{number}" for number in range(24)], ["x"], [[cell]] * 24)
    assert len(backend._entities) == 24

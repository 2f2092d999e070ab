"""A store sees its own writes at once, also where reads are under way and where a write fails half-way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from state.feature_store.errors import StoreError
from state.feature_store.feature_store import FeatureStore
from state.feature_store.memory_backend import MemoryBackend
from tests.support.stored_features import GROUP, filled


class Slow(MemoryBackend):
    """A backend whose first answer to a reader leaves late."""

    def __init__(self) -> None:
        super().__init__(60.0)
        self.gate, self.is_read = threading.Event(), threading.Event()

    def read(self, keys: Sequence[str], names: Sequence[Sequence[str]]) -> Sequence[Sequence[bytes | None]]:
        rows, is_first = super().read(keys, names), not self.is_read.is_set()
        self.is_read.set()
        assert not is_first or self.gate.wait(30)
        return rows


@pytest.mark.parametrize("is_read_again", [False, True], ids=["alone", "and read meanwhile"])
def test_an_answer_from_before_a_write_is_no_answer_to_later_readers(
    is_read_again: bool, open_store: Callable[..., FeatureStore]
) -> None:
    backend = Slow()
    store = filled(open_store(backend, cache_ttl_s=1e9))
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(store.get_many, GROUP, ["a", "b"], ["x"])
        assert backend.is_read.wait(30)
        store.put_many(GROUP, ["a"], {"x": [9.0]}, np.array([9]))
        if is_read_again:
            assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [9.0]
        backend.gate.set()
        assert before.result().values("x") == [1.0, 2.0]
    assert store.get_many(GROUP, ["a", "b"], ["x"]).values("x") == [9.0, 2.0]
    assert store.counts().cached == 1


def test_a_write_that_fails_half_way_is_seen_as_far_as_it_went(open_store: Callable[..., FeatureStore]) -> None:
    class Full(MemoryBackend):
        writes = 0

        def write(self, keys: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[bytes]]) -> int:
            self.writes += 1
            if self.writes == 2:
                raise StoreError(reason="full", text="no memory left")
            return super().write(keys, names, rows)

    keys = [f"c{number}" for number in range(501)]
    store = open_store(Full(60.0), cache_ttl_s=1e9)
    assert store.get_many(GROUP, keys[:1], ["x"]).values("x") == [None]
    with pytest.raises(StoreError, match="no memory left"):
        store.put_many(GROUP, keys, {"x": np.arange(501.0)}, np.zeros(501, np.int64))
    assert store.get_many(GROUP, [keys[0], keys[500]], ["x"]).values("x") == [0.0, None]

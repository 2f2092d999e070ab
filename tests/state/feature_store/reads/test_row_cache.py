"""The cache holds what was used last, and no longer than told."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from state.feature_store.cells import Cells, pack_column, unpack_cells
from state.feature_store.reads.row_cache import RowCache


def cells_of(numbers: list[int]) -> Cells:
    return unpack_cells([[cell] for cell in pack_column(np.array(numbers, int), np.array(numbers, int))], 1)


def fresh(cache: RowCache, keys: list[str], now_s: float) -> list[int | None]:
    slots, is_fresh = cache.find(keys, now_s)
    return [int(cache.take(slots[[row]]).bits[0, 0]) if is_fresh[row] else None for row in range(len(keys))]


def test_an_entry_is_fresh_until_its_time_is_over() -> None:
    cache = RowCache(4, ttl_s=2.0, names=1)
    cache.put(["a"], cells_of([1]), 10.0)
    assert fresh(cache, ["a", "b"], 11.9) == [1, None]
    assert fresh(cache, ["a"], 12.0) == [None]
    cache.put(["a"], cells_of([2]), 12.0)
    assert fresh(cache, ["a"], 12.0) == [2]


def test_the_least_recently_used_give_way() -> None:
    cache = RowCache(3, ttl_s=9.0, names=1)
    for number, key in enumerate("abc"):
        cache.put([key], cells_of([number]), 0.0)
    cache.find(["a"], 0.0)
    cache.put(["d"], cells_of([3]), 0.0)
    assert fresh(cache, ["a", "b", "c", "d"], 0.0) == [0, None, 2, 3]


def test_a_dropped_key_is_gone() -> None:
    cache = RowCache(2, ttl_s=9.0, names=1)
    cache.put(["a", "b"], cells_of([1, 2]), 0.0)
    cache.drop(["a", "none"])
    assert (fresh(cache, ["a", "b"], 0.0), len(cache)) == ([None, 2], 1)


def test_without_room_nothing_is_kept() -> None:
    cache = RowCache(0, ttl_s=9.0, names=1)
    cache.put(["a"], cells_of([1]), 0.0)
    assert fresh(cache, ["a"], 0.0) == [None]


@given(st.integers(1, 5), st.lists(st.lists(st.integers(0, 9), unique=True, max_size=7), max_size=12))
def test_what_it_holds_is_what_was_put_last(size: int, batches: list[list[int]]) -> None:
    cache, truth = RowCache(size, ttl_s=9.0, names=1), dict[str, int]()
    for turn, batch in enumerate(batches):
        numbers = [100 * turn + number for number in batch]
        cache.put([f"k{number}" for number in batch], cells_of(numbers), 0.0)
        truth |= {f"k{number}": value for number, value in zip(batch, numbers, strict=True)}
        assert len(cache) <= size
        held = fresh(cache, list(truth), 0.0)
        assert all(value in {None, truth[key]} for key, value in zip(truth, held, strict=True))
        # A batch stays whole, as far as there is room.
        kept = batch[-size:]
        assert fresh(cache, [f"k{number}" for number in kept], 0.0) == [100 * turn + number for number in kept]

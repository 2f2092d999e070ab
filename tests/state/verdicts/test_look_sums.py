from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.verdicts.look_sums import LookSums
from tests.state.verdicts.made import DictStore

SENT = st.sets(st.tuples(st.sampled_from([-1, 4, 17]), st.integers(0, 6)), max_size=12)


def sums(label: int, at_ms: int) -> bytes:
    return f"{label} at {at_ms}".encode()


def filled(sent: list[tuple[int, int]], store: DictStore) -> LookSums:
    made = LookSums(store)
    for label, at_ms in sent:
        made.add("test", label, at_ms, sums(label, at_ms))
    return made


def last_until(sent: set[tuple[int, int]], at_ms: int) -> list[bytes]:
    """The sums of each shard's last look until then, by shard."""
    last: dict[int, int] = {}
    for label, look in sorted(sent):
        if look <= at_ms:
            last[label] = look
    return [sums(label, look) for label, look in sorted(last.items())]


def test_several_looks_at_one_watermark_get_their_own_sums() -> None:
    found = filled([(1, 10), (1, 20), (2, 20), (1, 30)], DictStore())
    assert [found.at("test", at_ms) for at_ms in (10, 20, 30)] == [
        [b"1 at 10"],
        [b"1 at 20", b"2 at 20"],
        [b"1 at 30", b"2 at 20"],
    ]


@given(SENT, st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(sent: set[tuple[int, int]], dice: random.Random) -> None:
    found = filled(dice.sample(sorted(sent), len(sent)), DictStore())
    for at_ms in range(7):
        assert found.at("test", at_ms) == last_until(sent, at_ms)


@given(SENT, st.integers(0, 6))
def test_store_keeps_the_last_look_of_each_shard_and_those_to_come(sent: set[tuple[int, int]], at_ms: int) -> None:
    store = DictStore()
    filled(sorted(sent), store).at("test", at_ms)
    ahead = [sums(label, look) for label, look in sent if look > at_ms]
    assert sorted(store.values()) == sorted([*last_until(sent, at_ms), *ahead])


@given(SENT, st.integers(0, 6), st.integers(0, 6))
def test_restored_sums_are_those_that_were_saved(sent: set[tuple[int, int]], first: int, then: int) -> None:
    store = DictStore()
    filled(sorted(sent), store).at("test", first)
    found = LookSums(store)
    assert found.at("test", max(first, then)) == last_until(sent, max(first, then))


@pytest.mark.parametrize("is_restored", [False, True], ids=["goes on", "restored"])
def test_sums_of_a_look_that_come_again_replace_those_before(is_restored: bool) -> None:
    store = DictStore()
    found = filled([(1, 10)], store)
    if is_restored:
        found = LookSums(store)
    found.add("test", 1, 10, b"again")
    assert found.at("test", 10) == [b"again"]
    assert list(store.values()) == [b"again"]


def test_experiments_do_not_mix() -> None:
    store = DictStore()
    found = LookSums(store)
    for name in ("one", "two"):
        store.clear()
        found.add(name, 1, 10, name.encode())
    assert [found.at(name, 10) for name in ("one", "two")] == [[b"one"], [b"two"]]

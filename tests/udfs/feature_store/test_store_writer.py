"""Rows that are written in the background: waited for, tried again, or dropped and counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from state.feature_store.errors import StoreError
from state.feature_store.group import Group
from udfs.feature_store.store_writer import Rows, StoreWriter

LONG_S = 20.0


def rows(*keys: str) -> Rows:
    return Rows(Group("customer", "abc"), list(keys), {"x": np.ones(len(keys))}, np.arange(len(keys)))


class Store:
    """A store that fails as often as it is told to, and answers when it may."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.failures: list[Exception] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.is_asked = threading.Event()

    def put(self, given: Rows) -> None:
        self.is_asked.set()
        self.may_answer.wait(LONG_S)
        if self.failures:
            raise self.failures.pop(0)
        self.kept += given.keys


class Told:
    """Listener that notes what it is told."""

    def __init__(self) -> None:
        self.written_keys: list[str] = []
        self.dropped_keys: list[str] = []
        self.reasons: list[str] = []

    def written(self, given: Rows, seconds: float) -> None:
        assert seconds >= 0
        self.written_keys += given.keys

    def failed(self, error: StoreError) -> None:
        self.reasons.append(error.reason)

    def dropped(self, given: Rows) -> None:
        self.dropped_keys += given.keys


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def waiting(store: Store, told: Told) -> Iterator[StoreWriter]:
    writer = StoreWriter(store.put, told, pause_s=0.0)
    yield writer
    store.may_answer.set()
    writer.close()


@pytest.fixture
def dropping(store: Store, told: Told) -> Iterator[StoreWriter]:
    writer = StoreWriter(store.put, told, most_waiting=3, pause_s=0.0, last_s=LONG_S)
    yield writer
    store.may_answer.set()
    writer.close()


def test_all_is_in_the_store_once_it_is_settled(waiting: StoreWriter, store: Store, told: Told) -> None:
    for key in "abc":
        waiting.write(rows(key))
    waiting.settle()
    assert store.kept == told.written_keys == ["a", "b", "c"]
    waiting.settle()


def test_settling_waits_for_a_slow_store(waiting: StoreWriter, store: Store) -> None:
    store.may_answer.clear()
    waiting.write(rows("a"))
    settled = threading.Event()
    thread = threading.Thread(target=lambda: (waiting.settle(), settled.set()))
    thread.start()
    store.is_asked.wait(LONG_S)
    assert not settled.is_set()
    store.may_answer.set()
    thread.join(LONG_S)
    assert settled.is_set()
    assert store.kept == ["a"]


def test_rows_are_tried_until_the_store_takes_them(waiting: StoreWriter, store: Store, told: Told) -> None:
    store.failures = [StoreError("unreachable", "away"), StoreError("full", "full"), StoreError("access", "no")]
    waiting.write(rows("a"))
    waiting.write(rows("b"))
    waiting.settle()
    assert (store.kept, told.reasons) == (["a", "b"], ["unreachable", "full", "access"])
    assert told.dropped_keys == []


def test_another_failure_ends_the_job(waiting: StoreWriter, store: Store) -> None:
    store.failures = [TypeError("a value of no type")]
    waiting.write(rows("a"))
    with pytest.raises(TypeError, match="a value of no type"):
        waiting.settle()
    with pytest.raises(TypeError, match="a value of no type"):
        waiting.write(rows("b"))


def test_rows_beyond_the_room_are_dropped_and_nobody_waits(dropping: StoreWriter, store: Store, told: Told) -> None:
    store.may_answer.clear()
    dropping.write(rows("a", "b"))
    store.is_asked.wait(LONG_S)
    dropping.write(rows("c", "d"))
    dropping.write(rows("e"))
    dropping.settle()
    assert (store.kept, told.dropped_keys) == ([], ["c", "d"])
    store.may_answer.set()
    dropping.close()
    assert store.kept == ["a", "b", "e"]


def test_a_batch_larger_than_the_room_has_room_when_none_waits(dropping: StoreWriter, store: Store) -> None:
    dropping.write(rows(*"abcde"))
    dropping.close()
    assert store.kept == list("abcde")


def test_what_is_left_at_the_end_of_a_long_outage_is_counted(store: Store, told: Told) -> None:
    store.failures = [StoreError("timeout", "slow")] * 10_000
    writer = StoreWriter(store.put, told, most_waiting=3, pause_s=LONG_S, last_s=0.01)
    writer.write(rows("a"))
    writer.write(rows("b"))
    writer.close()
    assert (store.kept, told.written_keys, told.dropped_keys) == ([], [], ["a", "b"])


def test_no_rows_are_no_write(waiting: StoreWriter, store: Store) -> None:
    waiting.write(rows())
    waiting.settle()
    assert not store.is_asked.is_set()


def test_a_writer_that_is_closed_takes_no_rows(waiting: StoreWriter, store: Store) -> None:
    waiting.write(rows("a"))
    waiting.close()
    waiting.close()
    with pytest.raises(RuntimeError, match="feature store: expected an open one, got one that was closed"):
        waiting.write(rows("b"))
    waiting.settle()
    assert store.kept == ["a"]

"""Joins of batches with the store, beside a dict that is asked row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from state.feature_store.attempts import Patience
from state.feature_store.errors import StoreError
from state.feature_store.feature_store import FeatureStore
from state.feature_store.group import Group
from state.feature_store.memory_backend import MemoryBackend
from state.feature_store.reads.store_options import StoreOptions
from udfs.feature_store.lookups.stored_join import StoredJoin
from udfs.features.stored.stored_value import StoredValue
from udfs.scoring.breaker import BreakerOptions, CircuitBreaker

NOW = 10_000


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.rows: dict[str, Counter[str]] = {}
        self.ages: dict[str, list[int]] = {}

    def joined(self, seconds: float) -> None:
        self.seconds.append(seconds)

    def defaulted(self, column: str, rows: Mapping[str, int]) -> None:
        self.rows.setdefault(column, Counter()).update({reason: number for reason, number in rows.items() if number})

    def aged(self, column: str, ages_ms: NDArray[np.int64]) -> None:
        self.ages.setdefault(column, []).extend(ages_ms.tolist())

    def close(self) -> None:
        self.rows.clear()


class Asked(MemoryBackend):
    """A backend that notes how often it is asked, and may be away."""

    def __init__(self) -> None:
        super().__init__(60.0)
        self.questions: list[list[str]] = []
        self.is_away = False

    def read(self, keys: Sequence[str], names: Sequence[Sequence[str]]) -> Sequence[Sequence[bytes | None]]:
        self.questions.append(list(keys))
        if self.is_away:
            raise StoreError(reason="unreachable", text="away")
        return super().read(keys, names)


def opened(backend: MemoryBackend, cache_size: int = 100) -> FeatureStore:
    breaker = CircuitBreaker(BreakerOptions(failures=3, open_s=10.0, successes=1))
    return FeatureStore(backend, StoreOptions(cache_size=cache_size), patience=Patience(retries=0), breaker=breaker)


def texts(*values: str | None) -> NDArray[np.object_]:
    return np.array(values, dtype=object)


RISK = StoredValue("risk", "merchant", "merchant", "abc", "risk", 0.5, 100)
SIZE = StoredValue("size", "merchant", "merchant", "abc", "size")
SPENT = StoredValue("spent", "customer", "customer", "def", "amount_sum", -1.0)


@pytest.fixture
def backend() -> Asked:
    backend = Asked()
    with opened(backend) as store:
        columns = {"risk": [0.1, 0.2, None], "size": np.array([1, "big", 3], dtype=object)}
        store.put_many(Group("merchant", "abc"), ["m1", "m2", "m3"], columns, np.array([NOW, NOW - 50, NOW]))
        store.put_many(Group("customer", "def"), ["1", "2"], {"amount_sum": [7.0, np.nan]}, np.array([0, 0]))
    return backend


def test_all_features_of_a_batch_ask_once_for_each_entity(backend: Asked) -> None:
    heard = Heard()
    join = StoredJoin(opened(backend), [RISK, SPENT, SIZE], "at", listener=heard, clock=iter([1.0, 1.5]).__next__)
    found = join.join(
        {
            "at": np.array([NOW, NOW + 51, NOW + 51, NOW, NOW]),
            "merchant": texts("m1", "m2", "m2", None, "m3"),
            "customer": np.array([1, 2, 3, 1, 1]),
        }
    )
    golden = {"risk": [0.1, 0.5, 0.5, 0.5, 0.5], "size": [1, np.nan, np.nan, np.nan, 3], "spent": [7, np.nan, -1, 7, 7]}
    for value in (RISK, SIZE, SPENT):
        np.testing.assert_array_equal(found[value.given_as], golden[value.column])
    (question,) = backend.questions
    assert [key.removeprefix("gress:1:") for key in question] == [
        *("merchant:abc:m1", "merchant:abc:m2", "merchant:abc:m3"),
        *("customer:def:1", "customer:def:2", "customer:def:3"),
    ]
    assert heard.seconds == [0.5]
    assert heard.rows == {"risk": {"missing": 1, "old": 2}, "size": {"missing": 2}, "spent": {"missing": 1}}
    assert heard.ages["risk"] == [51, 101]


def test_an_outage_gives_defaults_and_the_rows_that_got_them(backend: Asked) -> None:
    heard, backend.is_away = Heard(), True
    join = StoredJoin(opened(backend), [RISK, SIZE], "at", listener=heard)
    found = join.join({"at": np.full(3, NOW), "merchant": texts("m1", None, "m1")})
    np.testing.assert_array_equal(found[RISK.given_as], [0.5] * 3)
    assert np.isnan(found[SIZE.given_as]).all()
    assert heard.rows == {"risk": {"unanswered": 2}, "size": {"unanswered": 2}}
    backend.is_away = False
    assert join.join({"at": np.array([NOW]), "merchant": texts("m1")})[RISK.given_as].tolist() == [0.1]


def test_a_limit_of_all_ages_counts_beside_that_of_a_feature(backend: Asked) -> None:
    columns = {"at": np.array([NOW, NOW + 60, NOW + 61]), "merchant": texts("m1", "m1", "m1")}
    for limit, golden in ((59, [0.1, 0.5, 0.5]), (60, [0.1, 0.1, 0.5]), (500, [0.1, 0.1, 0.1])):
        join = StoredJoin(opened(backend), [RISK], "at", event_ttl_ms=limit)
        assert join.join(columns)[RISK.given_as].tolist() == golden


def test_whole_numbers_beyond_floats_are_entities_of_their_own(backend: Asked) -> None:
    large = 2**53
    store = opened(backend)
    store.put_many(Group("customer", "def"), [str(large), str(large + 1)], {"amount_sum": [1.0, 2.0]}, np.array([0, 0]))
    exact = np.array([large + 1, None, large], dtype=object)
    columns = {"at": np.full(3, NOW), "customer": exact.astype(np.float64)}
    found = StoredJoin(store, [SPENT], "at").join(columns, {"customer": exact})
    assert found[SPENT.given_as].tolist() == [2.0, -1.0, 1.0]


def test_a_batch_without_rows_asks_nothing(backend: Asked) -> None:
    found = StoredJoin(opened(backend), [RISK], "at", listener=Heard()).join({"at": np.array([]), "merchant": texts()})
    assert (found[RISK.given_as].shape, backend.questions) == ((0,), [])


ENTITIES = st.one_of(st.none(), st.integers(-2, 4))
NUMBERS = st.one_of(st.none(), st.floats(-5, 5), st.just(float("nan")))
ROWS = st.lists(st.tuples(ENTITIES, ENTITIES, st.integers(0, 20)), max_size=12)


@given(
    written=st.dictionaries(st.integers(-2, 4), st.tuples(NUMBERS, NUMBERS, st.integers(0, 20))),
    batches=st.lists(ROWS, max_size=4),
    limits=st.tuples(st.one_of(st.none(), st.integers(0, 9)), st.one_of(st.none(), st.integers(0, 9))),
    default=st.one_of(st.none(), st.floats(-5, 5)),
    cache_size=st.integers(0, 3),
)
def test_any_batches_get_what_a_dict_row_by_row_gives(
    written: dict[int, tuple[float | None, float | None, int]],
    batches: list[list[tuple[int | None, int | None, int]]],
    limits: tuple[int | None, int | None],
    default: float | None,
    cache_size: int,
) -> None:
    store = opened(MemoryBackend(60.0), cache_size)
    for entity, (x, y, time_ms) in written.items():
        store.put_many(Group("e", "s"), [str(entity)], {"x": [x], "y": [y]}, np.array([time_ms]))
    values = [StoredValue("a", "k", "e", "s", "x", default, limits[0]), StoredValue("b", "j", "e", "s", "y", default)]
    join = StoredJoin(store, values, "at", event_ttl_ms=limits[1])

    def golden(entity: int | None, place: int, limit: int | None, at: int) -> float:
        found = (None, None, 0) if entity is None else written.get(entity, (None, None, 0))
        too_old = any(each is not None and at - found[2] > each for each in (limit, limits[1]))
        number = found[place]
        return (np.nan if default is None else default) if number is None or too_old else number

    for rows in batches:
        at = np.array([row[2] for row in rows], np.int64)
        floats = np.array([np.nan if row[0] is None else row[0] for row in rows])
        names = np.array([None if row[1] is None else str(row[1]) for row in rows], dtype=object)
        found = join.join({"at": at, "k": floats, "j": names})
        for value, place, limit in zip(values, (0, 1), (limits[0], None), strict=True):
            expected = [golden(row[place], place, limit, row[2]) for row in rows]
            np.testing.assert_array_equal(found[value.given_as], np.array(expected, np.float64))

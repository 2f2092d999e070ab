"""Settings with which a job can publish, and the rows of a batch that it publishes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from state.feature_store.attempts import Patience
from state.feature_store.feature_store import FeatureStore
from state.feature_store.group import Group
from state.feature_store.memory_backend import MemoryBackend
from state.feature_store.reads.store_options import StoreOptions
from tests.support.job_settings import MakeSettings
from udfs.feature_store.errors import PublishError
from udfs.feature_store.lookups.stored_join import StoredJoin
from udfs.feature_store.publication import Publication, only, publications_of, publish_problems
from udfs.features.feature_set import compile_feature_set
from udfs.features.stored.stored_value import StoredValue
from udfs.scoring.breaker import CircuitBreaker

GROUP = Group("card", "abc")
REDIS = {"enabled": True, "backend": "redis"}


@pytest.fixture
def open_memory() -> FeatureStore:
    return FeatureStore(MemoryBackend(60.0), StoreOptions(), patience=Patience(), breaker=CircuitBreaker())


def parts(make_settings: MakeSettings, **store: Any) -> Any:
    settings = make_settings(ml={"feature_store": store})
    assert settings.job is not None
    features = compile_feature_set(settings.job.features, settings.job.events)
    return settings.ml.feature_store, features, settings.job.events


def test_all_columns_by_the_jobs_own_key_are_published_unless_said_otherwise(make_settings: MakeSettings) -> None:
    entries = [{"entity": "card"}, {"entity": "order", "key": "id", "features": ["per_size", "amount"]}]
    settings, features, events = parts(make_settings, **REDIS, publish=entries)
    assert publications_of(settings, features, events) == (
        Publication(Group("card", features.hash), "card", ("amount", "size", "per_size")),
        Publication(Group("order", features.hash), "id", ("per_size", "amount")),
    )


def test_a_store_that_is_not_switched_on_gets_nothing(make_settings: MakeSettings) -> None:
    assert publications_of(*parts(make_settings, backend="redis", publish=[{"entity": "card"}])) == ()


@pytest.mark.parametrize(
    ("store", "text"),
    [
        (
            {"enabled": True, "publish": [{"entity": "card"}]},
            "backend: expected redis, as others are to read what is published, got 'memory', which each process has "
            "for itself; set it, and redis_addr",
        ),
        (
            {**REDIS, "publish": [{"entity": "card", "key": "crad"}]},
            "publish.0.key: expected a field of the events, got 'crad'; nearest valid name 'card'",
        ),
        (
            {**REDIS, "publish": [{"entity": "card", "key": "amount"}]},
            "publish.0.key: expected a field of type string or long, got 'amount', a decimal",
        ),
        (
            {**REDIS, "publish": [{"entity": "card", "features": ["size", "amuont"]}]},
            "publish.0.features.1: expected a column of the feature set, got 'amuont'; nearest valid name 'amount'",
        ),
    ],
    ids=["memory", "no field", "no id", "no column"],
)
def test_what_cannot_be_published_is_refused(make_settings: MakeSettings, store: Any, text: str) -> None:
    given = parts(make_settings, **store)
    (problem,) = publish_problems(*given)
    assert str(problem) == f"ml.feature_store.{text}"
    with pytest.raises(PublishError, match=r"ml\.feature_store\."):
        publications_of(*given)


def test_a_batch_gives_the_newest_row_of_each_entity() -> None:
    publication = Publication(Group("card", "abc"), "card", ("b", "a"))
    keys = np.array(["x", "y", None, "x", "x"], object)
    values = {"a": np.arange(5.0), "b": np.array([0.0, np.nan, 2.0, 3.0, np.inf]), "c": np.zeros(5)}
    rows = publication.rows(keys, np.array([5, 6, 9, 7, 6]), values)
    assert (rows.group, rows.keys, rows.times_ms.tolist()) == (publication.group, ["y", "x"], [6, 7])
    assert {name: list(np.asarray(column)) for name, column in rows.columns.items()} == {"b": [None, 3.0], "a": [1, 3]}
    assert list(rows.columns) == ["b", "a"]


def test_a_batch_without_keys_gives_no_rows() -> None:
    publication = Publication(Group("card", "abc"), "card", ("a",))
    assert len(publication.rows(np.array([None], object), np.array([1]), {"a": np.zeros(1)})) == 0


def test_rows_of_times_that_no_store_can_compare_are_left_out() -> None:
    publication = Publication(Group("card", "abc"), "card", ("a",))
    keys, times = np.array(["x", "x", "y"], object), np.array([2**60, 5, -(2**53)])
    rows = publication.rows(keys, times, {"a": np.arange(3.0)})
    assert (rows.keys, rows.times_ms.tolist(), np.asarray(rows.columns["a"]).tolist()) == (["x"], [5], [1.0])


@pytest.mark.parametrize(
    "keys",
    [np.array([7, 8]), np.array([7.0, 8.0]), np.array([7.0, 8.0], object), np.array(["7", "8"], object)],
    ids=["integers", "floats", "whole floats among objects", "texts"],
)
def test_what_is_published_under_a_key_is_looked_up_under_it(keys: Any, open_memory: FeatureStore) -> None:
    rows = Publication(GROUP, "card", ("a",)).rows(keys, np.array([1, 1]), {"a": np.array([1.0, 2.0])})
    open_memory.put_many(rows.group, rows.keys, rows.columns, rows.times_ms)
    value = StoredValue("known", "card", GROUP.entity, GROUP.feature_set, "a")
    join = StoredJoin(open_memory, (value,), "at")
    for asked in (np.array([8, 7]), np.array([8.0, 7.0], object), np.array(["8", "7"], object)):
        assert join.join({"card": asked, "at": np.array([1, 1])})[value.given_as].tolist() == [2.0, 1.0]


def test_only_features_with_wanted_columns_are_computed(make_settings: MakeSettings) -> None:
    _, features, _ = parts(make_settings)
    assert only(features, {"per_size"}).columns == ("per_size",)
    assert only(features, {*features.columns}).columns == features.columns

"""What settings let a job publish, and what of a batch that is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from state.feature_store.group import Group
from tests.support.job_settings import MakeSettings
from udfs.feature_store.errors import PublishError
from udfs.feature_store.publication import Publication, only, publications_of, publish_problems
from udfs.features.feature_set import compile_feature_set

REDIS = {"enabled": True, "backend": "redis"}


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


def test_only_features_with_wanted_columns_are_computed(make_settings: MakeSettings) -> None:
    _, features, _ = parts(make_settings)
    assert only(features, {"per_size"}).columns == ("per_size",)
    assert only(features, {*features.columns}).columns == features.columns

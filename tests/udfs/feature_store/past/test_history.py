"""Values that were known at a time: against a loop, against pandas, and against the store itself."""

from __future__ import annotations

from itertools import count

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.settings import FeatureStoreSettings
from state.feature_store.group import Group
from udfs.feature_store.entity_keys import EntityKeys
from udfs.feature_store.open_store import open_store
from udfs.feature_store.past.history import History

TABLES = count()
KEYS = st.sampled_from(["a", "b", "c", None])
TIMES = st.integers(-5, 5)
ROWS = st.lists(st.tuples(KEYS, TIMES, st.floats(0, 9) | st.just(float("nan"))), max_size=25)
ASKED = st.lists(st.tuples(KEYS | st.just("d"), st.integers(-7, 7)), min_size=1, max_size=15)


def history_of(rows: list[tuple[str | None, int, float]]) -> History:
    keys, times, values = zip(*rows, strict=True) if rows else ((), (), ())
    return History(EntityKeys.of_values(keys), np.array(times, np.int64), {"x": np.array(values, np.float64)})


@given(ROWS, ASKED, st.none() | st.integers(0, 4))
def test_no_value_is_of_a_later_row_or_older_than_it_may_be(
    rows: list[tuple[str | None, int, float]], asked: list[tuple[str | None, int]], max_age: int | None
) -> None:
    expected = []
    for key, time in asked:
        newest: tuple[int, float] | None = None
        for row_key, row_time, value in rows:
            is_newer = newest is None or row_time >= newest[0]
            if key is not None and row_key == key and row_time <= time and is_newer:
                newest = row_time, value
        is_known = newest is not None and (max_age is None or time - newest[0] <= max_age)
        expected.append(newest[1] if newest is not None and is_known else np.nan)
    keys, times = EntityKeys.of_values([key for key, _ in asked]), np.array([time for _, time in asked], np.int64)
    found = history_of(rows).as_of(keys, times, "x", max_age_ms=max_age)
    np.testing.assert_array_equal(found, expected)


@given(ROWS)
def test_at_the_end_it_is_what_the_store_holds(rows: list[tuple[str | None, int, float]]) -> None:
    store, group = open_store(FeatureStoreSettings()), Group("card", f"history{next(TABLES)}")
    for key, time, value in rows:
        if key is not None:
            store.put_many(group, [key], {"x": np.array([value])}, np.array([time]))
    found = history_of(rows).as_of(EntityKeys.of_values("abc"), np.full(3, 9), "x")
    np.testing.assert_array_equal(found, store.get_many(group, ["a", "b", "c"], ["x"]).floats("x"))


def test_many_rows_are_as_pandas_joins_them() -> None:
    draw = np.random.default_rng(3)
    size, asked = 5_000, 2_000
    keys = [f"k{code}" for code in draw.integers(0, 200, size)]
    times, values = draw.permutation(size * 3)[:size].astype(np.int64), draw.normal(size=size)
    rows = pd.DataFrame({"key": keys, "time": times, "x": values}).sort_values("time")
    asked_keys = [f"k{code}" for code in draw.integers(0, 210, asked)]
    asked_times = np.sort(draw.integers(0, size * 3, asked))
    wanted = pd.DataFrame({"key": asked_keys, "time": asked_times})
    expected = pd.merge_asof(wanted, rows, on="time", by="key", tolerance=900)["x"]
    history, asked_of = History(EntityKeys.of_values(keys), times, {"x": values}), EntityKeys.of_values(asked_keys)
    found = history.as_of(asked_of, asked_times, "x", max_age_ms=900)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("rows", [[], [(None, 1, 2.0)]], ids=["none", "no key"])
def test_a_history_of_nothing_knows_nothing(rows: list[tuple[str | None, int, float]]) -> None:
    assert np.isnan(history_of(rows).as_of(EntityKeys.of_values(["a", None]), np.array([1, 2]), "x")).all()

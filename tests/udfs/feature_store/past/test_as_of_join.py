"""Look-ups of an export: what the store knew at the time of each event, and nothing from later."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.settings import FeatureStoreSettings
from state.feature_store.group import Group
from tests.support.job_settings import SPECS, MakeSettings
from udfs.feature_store.entity_keys import EntityKeys
from udfs.feature_store.lookups.stored_join import StoredJoin
from udfs.feature_store.open_store import open_store
from udfs.feature_store.past.as_of_join import AsOfJoin, PastStore
from udfs.feature_store.past.history import History
from udfs.feature_store.past.history_file import HistoryFile
from udfs.features.errors import FeatureError
from udfs.features.feature_set import compile_feature_set
from udfs.features.stored.stored_value import StoredValue
from udfs.functions.compute_features import ComputeFeatures

TABLES = count()
GROUP = Group("card", "abc")
VALUES = (
    StoredValue("known", "card", "card", "abc", "x"),
    StoredValue("young", "card", "card", "abc", "x", default=-1.0, max_age_ms=2),
)
WRITES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.floats(0, 9)), max_size=20)


@given(WRITES, st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", None]), st.integers(0, 9)), min_size=1))
def test_rows_get_what_serving_got_when_the_store_had_all_up_to_their_time(
    writes: list[tuple[str, int, float]], events: list[tuple[str | None, int]]
) -> None:
    """Serving sees the writes up to the time of an event, and then looks up; the export knows all writes at once."""
    keys = EntityKeys.of_values([key for key, _, _ in writes])
    times = np.array([time for _, time, _ in writes], np.int64)
    history = History(keys, times, {"x": np.array([value for _, _, value in writes])})
    found = AsOfJoin(VALUES, {GROUP: history}, "at").join(columns_of(events))
    for place, event in enumerate(events):
        group = Group("card", f"asof{next(TABLES)}")
        store = open_store(FeatureStoreSettings(cache_size=0))
        for key, time, value in writes:
            if time <= event[1]:
                store.put_many(group, [key], {"x": np.array([value])}, np.array([time]))
        asked = [replace(each, feature_set=group.feature_set) for each in VALUES]
        served = StoredJoin(store, asked, "at").join(columns_of([event]))
        for name, values in served.items():
            np.testing.assert_array_equal(found[name][place], values[0])


def columns_of(events: list[tuple[str | None, int]]) -> dict[str, np.ndarray[Any, Any]]:
    keys = np.empty(len(events), object)
    keys[:] = [key for key, _ in events]
    return {"card": keys, "at": np.array([time for _, time in events], np.int64)}


def test_the_ttl_of_events_counts_beside_that_of_a_value() -> None:
    history = History(EntityKeys.of_values(["a"]), np.array([0]), {"x": np.array([5.0])})
    join = AsOfJoin(VALUES, {GROUP: history}, "at", event_ttl_ms=1)
    found = join.join(columns_of([("a", 1), ("a", 2)]))
    assert found[VALUES[1].given_as].tolist() == [5.0, -1.0]
    np.testing.assert_array_equal(found[VALUES[0].given_as], [5.0, np.nan])


@pytest.mark.parametrize(
    "times",
    [
        pa.array([1, None, 3]),
        pa.array([1, None, 3], pa.timestamp("ms")),
        pa.array([1000, None, 3000], pa.timestamp("us")),
    ],
    ids=["milliseconds", "timestamps", "finer timestamps"],
)
def test_files_are_read_with_any_times_and_keys(times: Any, tmp_path: Path) -> None:
    pq.write_table(pa.table({"shop": [7, 7, 7], "t": times, "x": [1, 2, None]}), tmp_path / "h.parquet")
    history = HistoryFile(str(tmp_path / "h.parquet"), "shop", "abc", "shop", "t").read(["x"])
    found = history.as_of(EntityKeys.of_values(["7"] * 3), np.array([0, 2, 3]), "x")
    np.testing.assert_array_equal(found, [np.nan, 1.0, np.nan])


def test_nan_in_a_file_is_a_value_and_null_is_none(tmp_path: Path) -> None:
    """So a load of the file leaves them in the store, where the one is looked up as NaN and the other as a default."""
    columns = {"card": ["a", "b"], "at": [1, 1], "x": pa.array([float("nan"), None])}
    pq.write_table(pa.table(columns), tmp_path / "h.parquet")
    history = HistoryFile(str(tmp_path / "h.parquet"), "card", "abc", "card", "at").read(["x"])
    found = AsOfJoin(VALUES, {GROUP: history}, "at").join(columns_of([("a", 2), ("b", 2), ("c", 2)]))
    np.testing.assert_array_equal(found[VALUES[1].given_as], [np.nan, -1.0, -1.0])


def test_a_file_without_what_is_looked_up_is_refused(make_settings: MakeSettings, tmp_path: Path) -> None:
    known = {"entity": "card", "feature_set": "abc", "value": "x"}
    spec = {"name": "known", "type": "lookup", "source": "card", "parameters": known}
    job = make_settings(specs=[*SPECS, spec]).job
    assert job is not None
    features, path = compile_feature_set(job.features, job.events), tmp_path / "h.parquet"
    past = PastStore((HistoryFile(str(path), "card", "abc", "card", "at"),))
    for columns, text in (
        ({"card": ["a"], "at": [1]}, r"h\.parquet: expected a column 'x', got card, at; name another"),
        ({"card": ["a"], "x": [1]}, "expected a column 'at'"),
        ({"card": ["a"], "at": [0.5], "x": [1]}, "timestamps or milliseconds in column 'at', got double"),
        ({"card": ["a"], "at": [1], "x": ["1"]}, "numbers in column 'x', got string"),
        ({"card": ["a"] * 2, "at": [None, 1_600_000_000], "x": [1, 1]}, "milliseconds since 1970 in column 'at', got"),
    ):
        pq.write_table(pa.table(columns), path)
        with pytest.raises(FeatureError, match=text):
            past.check(features)
    pq.write_table(pa.table({"card": ["a"], "at": [1], "x": [True]}), path)
    past.check(features)


def test_exported_features_are_those_of_their_time(make_settings: MakeSettings, tmp_path: Path) -> None:
    known = {"entity": "card", "feature_set": "abc", "value": "x", "default": 0}
    spec = {"name": "known", "type": "lookup", "source": "card", "parameters": known}
    settings = make_settings(specs=[*SPECS, spec])
    assert settings.job is not None
    rows = pd.DataFrame({"card": ["a", "a", "b"], "at": [10, 20, 10], "x": [1.0, 2.0, 3.0]})
    rows.to_parquet(tmp_path / "h.parquet")
    file = HistoryFile(str(tmp_path / "h.parquet"), "card", "abc", "card", "at")
    function: ComputeFeatures = pickle.loads(pickle.dumps(ComputeFeatures(settings.job, PastStore((file,)))))
    assert function.past.lacking(function.features) == []
    assert {"card", "at"} <= dict(function.inputs).keys()
    function.open()
    given = {"amount": np.ones(3), "size": np.ones(3), **columns_of([("a", 19), ("a", 20), ("b", 9)])}
    assert function.run(given)["known"].tolist() == [1.0, 2.0, 0.0]
    other = PastStore((replace(file, feature_set="abd"),))
    assert [value.column for value in other.lacking(function.features)] == ["known"]

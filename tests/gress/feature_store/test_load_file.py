"""Rows of a file are in the store as they are in the file."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gress.feature_store.load_file import Loaded, LoadRequest, load_file
from jobs.errors import JobError
from state.feature_store.attempts import Patience
from state.feature_store.feature_store import FeatureStore
from state.feature_store.group import Group
from state.feature_store.memory_backend import MemoryBackend
from state.feature_store.reads.store_options import StoreOptions
from udfs.scoring.breaker import CircuitBreaker

GROUP = Group("customer", "abc")
COLUMNS: dict[str, Any] = {
    "customer": pa.array([7, 8, 7, None, 9]),
    "at": pa.array([1_000, 2_000, 3_000, 4_000, None], pa.timestamp("us")).cast(pa.timestamp("ns")),
    "amount": pa.array([1.5, math.nan, None, 1.0, 1.0]),
    "number": pa.array([1, 2, 3, 4, 5], pa.int32()),
    "is_new": pa.array([True, False, True, True, True]),
    "country": pa.array(["DE", "é", None, "x", "y"]),
}


@pytest.fixture
def store() -> FeatureStore:
    return FeatureStore(MemoryBackend(60.0), StoreOptions(), patience=Patience(), breaker=CircuitBreaker())


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(columns: dict[str, Any] = COLUMNS, **about: str) -> Path:
        path = tmp_path / "rows.parquet"
        table = pa.table(columns).replace_schema_metadata({f"gress.{name}": text for name, text in about.items()})
        pq.write_table(table, path)
        return path

    return written


def load(store: FeatureStore, path: Path, **more: Any) -> Loaded:
    return load_file(LoadRequest(path, **{"key": "customer", "time": "at", **more}), store, lambda rows, total: None)


def test_every_type_of_value_arrives(store: FeatureStore, write: Callable[..., Path]) -> None:
    assert load(store, write(feature_set_hash="abc")) == Loaded(GROUP, rows=3, skipped=2, older=0)
    got = store.get_many(GROUP, ["7", "8", "9"], ["amount", "number", "is_new", "country"])
    assert got.values("amount")[::2] == [None, None]
    assert math.isnan(got.values("amount")[1])
    assert got.values("number") == [3, 2, None]
    assert got.values("is_new") == [True, False, None]
    assert got.values("country") == [None, "é", None]
    assert got.times_ms("number").tolist() == [3, 2, 0]


def test_a_load_may_be_repeated(store: FeatureStore, write: Callable[..., Path]) -> None:
    path = write(feature_set_hash="abc", feature_columns='["number"]')
    load(store, path)
    assert load(store, path).older == 1
    assert store.names(GROUP, "7") == ["number"]
    assert store.get_many(GROUP, ["7"], ["number"]).values("number") == [3]


def test_options_win_over_the_file(store: FeatureStore, write: Callable[..., Path]) -> None:
    path = write(feature_set_hash="abc", feature_columns='["number"]')
    loaded = load(store, path, entity="user", feature_set="def", columns=("country",))
    assert (loaded.group, store.names(loaded.group, "8")) == (Group("user", "def"), ["country"])


def test_times_may_be_whole_milliseconds(store: FeatureStore, write: Callable[..., Path]) -> None:
    load(store, write({**COLUMNS, "at": [5, 6, 7, 8, 9]}), feature_set="abc")
    assert store.get_many(GROUP, ["9"], ["number"]).times_ms("number").tolist() == [9]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "the hash of a feature set, which `gress features export` writes, got none; give it as --feature-set"),
        ({"feature_set": "abc", "key": "id"}, "expected a column 'id', got customer, at, amount"),
        ({"feature_set": "abc", "time": "amount"}, "timestamps or milliseconds in column 'amount', got double"),
        ({"feature_set": "a b"}, "feature_set: expected letters.*give another as --entity or --feature-set"),
    ],
    ids=["no hash", "no key", "no time", "odd hash"],
)
def test_what_is_missing_is_told(
    more: dict[str, Any], text: str, store: FeatureStore, write: Callable[..., Path]
) -> None:
    with pytest.raises(JobError, match=text):
        load(store, write(), **more)


def test_another_file_is_refused(store: FeatureStore, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n")
    with pytest.raises(JobError, match=r"rows\.csv: expected a Parquet file"):
        load(store, path)

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
from udfs.features.errors import FeatureError
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
        ({"feature_set": "abc", "key": "id"}, "expected a column 'id', got customer, at, amount.*; name another"),
        ({"feature_set": "abc", "time": "amount"}, "timestamps or milliseconds in column 'amount', got double"),
        ({"feature_set": "a b"}, "feature_set: expected letters.*give another as --entity or --feature-set"),
    ],
    ids=["no hash", "no key", "no time", "odd hash"],
)
def test_what_is_missing_is_told(
    more: dict[str, Any], text: str, store: FeatureStore, write: Callable[..., Path]
) -> None:
    with pytest.raises((FeatureError, JobError), match=text):
        load(store, write(), **more)


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"card": [b"a"]}, "texts or whole numbers in column 'card', got binary"),
        ({"at": pa.array([2**53])}, r"milliseconds since 1970 below 2\^53 in column 'at', got a larger number"),
        ({"at": [1, 1_767_225_600]}, "milliseconds since 1970 in column 'at', got 1767225600, which is hardly one"),
        ({"at": [1_767_225_600_000_000]}, "got 1767225600000000, which is hardly one; convert it to timestamps"),
        ({"at": pa.array([2**63], pa.uint64())}, r"below 2\^53 in column 'at'"),
        ({"at": pa.array([2**60], pa.timestamp("ms"))}, r"below 2\^53 in column 'at'"),
        ({"x": pa.array([1], pa.timestamp("ms"))}, "numbers, booleans or texts in column 'x', got timestamp"),
        ({"x": [[1]]}, "numbers, booleans or texts in column 'x', got list"),
    ],
    ids=[
        "bytes as key",
        "no time",
        "seconds",
        "finer times",
        "unsigned times",
        "late times",
        "times as values",
        "lists",
    ],
)
def test_columns_of_other_types_are_refused(
    columns: dict[str, Any], text: str, store: FeatureStore, write: Callable[..., Path]
) -> None:
    size = max(map(len, columns.values()))
    path = write({"card": ["a"] * size, "at": [1] * size, "x": [1] * size, **columns})
    with pytest.raises(FeatureError, match=text):
        load(store, path, feature_set="abc", key="card")


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({}, "columns with values beside key and time, got none"),
        ({"x": pa.array([2**63], pa.uint64())}, "expected whole numbers of 64 bits"),
    ],
    ids=["no values", "unsigned"],
)
def test_a_file_that_would_load_nothing_or_wrongly_is_refused(
    columns: dict[str, Any], text: str, store: FeatureStore, write: Callable[..., Path]
) -> None:
    with pytest.raises(JobError, match=text):
        load(store, write({"card": ["a"], "at": [1], **columns}), feature_set="abc", key="card")


@pytest.mark.parametrize("names", ["{broken", '"x"', "[1]"])
def test_metadata_of_no_export_is_refused(names: str, store: FeatureStore, write: Callable[..., Path]) -> None:
    with pytest.raises(JobError, match=r"names of columns in its metadata.*; give --column"):
        load(store, write(feature_set_hash="abc", feature_columns=names))


def test_whole_floats_are_the_keys_of_whole_numbers(store: FeatureStore, write: Callable[..., Path]) -> None:
    keys = pa.array([1e6, 1e15, 7.5, math.nan, None])
    times = pa.array([-1, 1, 1, 1, 1], pa.timestamp("us"))
    path = write({"card": keys, "at": times, "x": pa.array([1, 2, 3, 4, 5]).cast(pa.decimal128(25, 2))})
    loaded = load(store, path, feature_set="abc", key="card", entity="customer")
    assert (loaded.rows, loaded.skipped) == (2, 3)
    got = store.get_many(GROUP, ["1000000", "1000000000000000"], ["x"])
    assert (got.values("x"), got.times_ms("x").tolist()) == ([1.0, 2.0], [-1, 0])


def test_a_file_that_is_not_there_is_told(store: FeatureStore, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"none\.parquet: expected a Parquet file, got no such file$"):
        load(store, tmp_path / "none.parquet")


def test_another_file_is_refused(store: FeatureStore, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n")
    with pytest.raises(JobError, match=r"rows\.csv: expected a Parquet file"):
        load(store, path)

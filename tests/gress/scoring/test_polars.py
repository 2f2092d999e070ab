"""Frames of polars are read as pandas reads the same values, whatever their type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import gress
from gress.scoring.as_table import as_table
from models.inspect import spec_from_file
from models.registry import local_registry
from models.scoring.event_fields import EventFields
from tests.support.tiny_models import linear, write_linear
from udfs.features.errors import FeatureError
from udfs.scoring.plain_columns import plain_columns, raw_columns

_T = dt.datetime(2024, 1, 1, 5, 0, 0, 123_999)  # noqa: DTZ001
_MS = 1_704_085_200_123
_SERIES = {
    "long": pl.Series([1, None, 3], dtype=pl.Int8),
    "huge": pl.Series([1, None, 2**63 + 5], dtype=pl.UInt64),
    "float": pl.Series([1.5, None, float("nan")], dtype=pl.Float32),
    "flag": pl.Series([True, None, False]),
    "decimal": pl.Series([Decimal("1.25"), None, Decimal("3.50")], dtype=pl.Decimal(10, 2)),
    "text": pl.Series(["a", None, "bé"]),
    "category": pl.Series(["a", None, "bé"], dtype=pl.Categorical),
    "enum": pl.Series(["a", None, "bé"], dtype=pl.Enum(["bé", "a"])),
    "nothing": pl.Series([None, None, None]),
    "ns": pl.Series([_T, None, _T], dtype=pl.Datetime("ns")),
    "us": pl.Series([_T, None, _T], dtype=pl.Datetime("us")),
    "ms": pl.Series([_T, None, _T], dtype=pl.Datetime("ms")),
    "zone": pl.Series([_T, None, _T]).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo"),
    "date": pl.Series([_T.date(), None, _T.date()]),
}
FRAME = pl.DataFrame({**_SERIES, "unread": pl.Series([1, 2, 3], dtype=pl.Int128)})
_TIMES, _TEXTS = ("ns", "us", "ms", "zone", "date"), ("text", "category", "enum")
FIELDS = EventFields(dict.fromkeys(_TIMES, "timestamp") | dict.fromkeys(_TEXTS, "string"))
WANTED: dict[str, list[Any]] = {
    "long": [1, np.nan, 3],
    "huge": [1, np.nan, 2.0**63],
    "float": [1.5, np.nan, np.nan],
    "flag": [1, np.nan, 0],
    "decimal": [1.25, np.nan, 3.5],
    "nothing": [np.nan] * 3,
    **{name: ["a", None, "bé"] for name in _TEXTS},
    **{name: [_MS, np.nan, _MS] for name in _TIMES},
    "date": [1_704_067_200_000, np.nan, 1_704_067_200_000],
}


@pytest.mark.parametrize("name", WANTED)
def test_values_of_every_type_are_what_features_read(name: str) -> None:
    for frame in (FRAME, pl.concat([FRAME.head(1), FRAME.tail(2)], rechunk=False)):
        found = plain_columns(as_table(frame, [name]), [name], FIELDS)[name]
        if name in _TEXTS:
            assert found.tolist() == WANTED[name]
            assert raw_columns(as_table(frame, [name]), [name], [], FIELDS)[name].tolist() == WANTED[name]
        else:
            np.testing.assert_array_equal(found, WANTED[name])


def test_identifiers_beside_absent_ones_are_exact() -> None:
    found = raw_columns(as_table(FRAME, ["huge"]), ["huge"], [], EventFields({"huge": "long"}))
    assert found["huge"].tolist() == [1, None, 2**63 + 5]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (pl.Series([1], dtype=pl.Int128), "a type that Arrow has in column 'a', got Int128; cast it"),
        (pl.Series([[1]]), r"a number in column 'a', got array\(\[1\]\) in row 0"),
        (pl.Series([{"b": 1}]), "a number in column 'a', got {'b': 1} in row 0"),
        (pl.Series([dt.timedelta(1)]), "numbers, texts or times in column 'a', got values of type timedelta64"),
        (pl.Series([_T.time()]), "a number in column 'a', got datetime.time"),
        (pl.Series([_T]), "numbers in column 'a', got times"),
        (pl.Series(["1"], dtype=pl.Categorical), "a number in column 'a', got '1' in row 0"),
    ],
    ids=["128 bits", "list", "struct", "duration", "time of day", "datetime", "category"],
)
def test_values_that_are_no_numbers_are_refused(values: pl.Series, text: str) -> None:
    with pytest.raises(FeatureError, match=f"^table for the model: expected {text}"):
        plain_columns(as_table(pl.DataFrame({"a": values}), ["a"]), ["a"], EventFields())


@pytest.fixture
def scorer(tmp_path: Path) -> Iterator[gress.Scorer]:
    file = write_linear(tmp_path)
    spec = spec_from_file(file, "payments", "1.0.0", feature_columns=("amount", "size", "hour"))
    local_registry(tmp_path / "registry").publish(spec, file)
    with gress.Scorer.open(tmp_path / "registry", "payments") as scorer:
        yield scorer


def test_a_frame_is_scored_and_its_answers_become_one(scorer: gress.Scorer) -> None:
    given = pl.DataFrame({"size": [2.0, 0.5], "amount": [1, 4], "hour": [3, 23], "unread": FRAME["unread"][:2]})
    found = pl.from_arrow(scorer.score(given).to_arrow())
    assert isinstance(found, pl.DataFrame)
    np.testing.assert_allclose(found["prediction"], linear(np.array([[1, 2.0, 3], [4, 0.5, 23]])), rtol=1e-6)
    assert found["status"].to_list() == ["ok", "ok"]
    assert scorer.score(given.head(0)).to_dicts() == []

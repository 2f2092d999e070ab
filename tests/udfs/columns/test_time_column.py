"""Times of a table are the moments that pandas says they are, and numbers are in the unit of their field."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.scoring.event_fields import EventFields
from udfs.columns.time_column import time_column
from udfs.features.errors import FeatureError
from udfs.parsing.units import UnclearTimeError
from udfs.scoring.plain_columns import plain_columns, raw_columns

TEXTS: tuple[Any, ...] = ("2024-01-01T05:00:00.123999", "1969-12-31T23:59:59.999999", "2024-03-31T02:30:00", None)
MOMENTS = pd.Series(pd.to_datetime(list(TEXTS), format="ISO8601"))
MS = [1_704_085_200_123, -1, 1_711_852_200_000, None]
"""Milliseconds of the texts, as ``date -u -d TEXT +%s%3N`` gives them, cut off."""

NAIVE, TOKYO = MOMENTS.dt.tz_localize("UTC"), MOMENTS.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")


def _ms(year: int, month: int, day: int = 1) -> int:
    """Return milliseconds of a day by Python's own calendar."""
    return (datetime(year, month, day) - datetime(1970, 1, 1)) // timedelta(milliseconds=1)  # noqa: DTZ001


def _series(unit: str, zone: str | None = None) -> pd.Series:
    made = MOMENTS if zone is None else MOMENTS.dt.tz_localize("UTC").dt.tz_convert(zone)
    return made.dt.as_unit(unit)


def _arrow(unit: str, zone: str | None = None) -> pa.ChunkedArray:
    return pa.table({"at": pa.array(_series("ns", zone)).cast(pa.timestamp(unit, zone), safe=False)})["at"]


COLUMNS: dict[str, Any] = {
    **{f"pandas {unit}": _series(unit) for unit in ("ms", "us", "ns")},
    **{f"pandas {unit} in Tokyo": _series(unit, "Asia/Tokyo") for unit in ("ms", "us", "ns")},
    "arrow us": _arrow("us"),
    "arrow ns in Berlin": _arrow("ns", "Europe/Berlin"),
    "numpy ns": MOMENTS.to_numpy(),
    "numpy us": MOMENTS.to_numpy().astype("datetime64[us]"),
    "pandas in Arrow": MOMENTS.astype("timestamp[us][pyarrow]"),
    "texts": np.array([*TEXTS], dtype=object),
    "texts of Arrow": pa.table({"at": pa.array(TEXTS)})["at"],
    "texts with zones": np.array(["2024-01-01T14:00:00.123999+09:00", *TEXTS[1:]], dtype=object),
    "timestamps": np.array([*_series("ns", "Asia/Tokyo")], dtype=object),
    "datetimes": np.array([None if each is None else datetime.fromisoformat(each) for each in TEXTS], dtype=object),
    "datetimes with and without zones": np.array(
        [datetime.fromisoformat("2024-01-01T14:00:00.123999+09:00"), *map(pd.Timestamp, TEXTS[1:3]), None], dtype=object
    ),
    "mixed": np.array([TEXTS[0], datetime.fromisoformat(TEXTS[1]), MS[2], None], dtype=object),
}  # fmt: skip


def _plain(column: Any, unit: str = "", **more: Any) -> np.ndarray:
    units = {"at": unit} if unit else {}
    return plain_columns({"at": column}, ["at"], EventFields({"at": "timestamp"}, units=units), **more)["at"]


@pytest.mark.parametrize("form", COLUMNS)
def test_datetimes_of_any_precision_and_zone_are_moments(form: str) -> None:
    found = _plain(COLUMNS[form])
    np.testing.assert_array_equal(found, np.array(MS, dtype=float))
    raw = raw_columns({"at": COLUMNS[form]}, ["at"], [], EventFields({"at": "timestamp"}))
    np.testing.assert_array_equal(raw["at"], found)


@pytest.mark.parametrize("unit", ["s", "D"])
def test_seconds_and_days_are_moments(unit: str) -> None:
    given = np.array(["2300-06-01", "1600-01-01", "NaT"], f"datetime64[{unit}]")
    np.testing.assert_array_equal(_plain(given), [*map(_ms, (2300, 1600), (6, 1)), np.nan])
    if unit == "s":
        np.testing.assert_array_equal(_plain(pa.table({"at": pa.array(given)})["at"]), _plain(given))


def test_dates_are_their_first_moment() -> None:
    days = pa.table({"at": pa.array([date(2024, 1, 1), None])})["at"]
    np.testing.assert_array_equal(_plain(days), [1_704_067_200_000, np.nan])


NANOSECONDS = 1_522_540_800_123_000_000
"""A moment whose double is earlier by 64 ns, and so in the millisecond before."""


@pytest.mark.parametrize(
    ("column", "unit", "wanted"),
    [
        pytest.param(np.array([1_522_540_800], np.int32), "s", [1_522_540_800_000], id="seconds"),
        pytest.param(np.array([1_522_540_800.1239, np.nan]), "s", [1_522_540_800_123, np.nan], id="parts of seconds"),
        pytest.param(np.array([1_522_540_800.5], np.float64), "s", [1_522_540_800_500], id="half a second"),
        pytest.param(np.array([1_522_540_800_123]), "ms", [1_522_540_800_123], id="milliseconds"),
        pytest.param(np.array([1_522_540_800]), "ms", [1_522_540_800], id="milliseconds on purpose"),
        pytest.param(np.array([-1, 1999], np.int16), "us", [-1, 1], id="microseconds"),
        pytest.param(np.array([2**64 - 1], np.uint64), "us", [_ms(9999, 12, 31) + 86_400_999], id="year 10,000"),
        pytest.param(pd.array([NANOSECONDS, None], "Int64"), "ns", [1_522_540_800_123, np.nan], id="Int64"),
        pytest.param(pd.Series([NANOSECONDS, None], dtype="Int64"), "ns", [1_522_540_800_123, np.nan], id="series"),
        pytest.param(
            pa.table({"at": pa.array([NANOSECONDS, None])})["at"], "ns", [1_522_540_800_123, np.nan], id="arrow"
        ),
        pytest.param(
            np.array([1_522_540_800.25, 7, "1970-01-01", None], object), "s", [1_522_540_800_250, 7000, 0, np.nan],
            id="objects",
        ),
        pytest.param(np.array([np.nan, np.nan]), "us", [np.nan, np.nan], id="nothing"),
    ],
)  # fmt: skip
def test_numbers_are_in_the_unit_of_their_field(column: Any, unit: str, wanted: list[float]) -> None:
    np.testing.assert_array_equal(_plain(column, unit).astype(float), wanted)


@pytest.mark.parametrize(
    ("values", "unit", "wrong"),
    [
        pytest.param(np.array([1_704_085_200_000, 1_704_085_200]), "", 1_704_085_200, id="seconds"),
        pytest.param(np.array([np.nan, 1.7040852e15]), "", 1_704_085_200_000_000, id="microseconds"),
        pytest.param(np.array(["1970-01-01", 1_704_085_200], object), "", 1_704_085_200, id="an object"),
        pytest.param(np.array([np.nan, 5.0]), "iso", 5.0, id="a field of texts"),
        pytest.param(np.array(["1970-01-01", 5], object), "iso", 5, id="a number among texts"),
        pytest.param(np.array([1.0, 5.5]), "us", 5.5, id="a part of a microsecond"),
    ],
)
def test_numbers_that_may_be_another_time_are_none(values: np.ndarray, unit: str, wrong: float) -> None:
    found = time_column("at", values, unit)
    assert list(found.wrong) == [1]
    assert np.isnan(found.ms[1])
    (value,) = found.wrong.values()
    assert (value.value if isinstance(value, UnclearTimeError) else value) == wrong
    with pytest.raises(FeatureError, match=r"expected a time in column 'at', got .* in row 1; say .* the field's unit"):
        _plain(values, unit)


@pytest.mark.parametrize(
    "value", ["noon", b"2024-01-01", timedelta(1), True], ids=["text", "bytes", "duration", "flag"]
)
def test_values_of_another_kind_are_refused(value: Any) -> None:
    with pytest.raises(FeatureError, match=r"expected a time in column 'at', got .* in row 1"):
        _plain(np.array([datetime(2024, 1, 1, tzinfo=timezone.utc), value], dtype=object))


@pytest.mark.parametrize("kind", ["double", "string"])
def test_times_are_no_numbers_or_texts(kind: str) -> None:
    for column in (MOMENTS, TOKYO, COLUMNS["arrow us"], COLUMNS["numpy us"], COLUMNS["timestamps"]):
        with pytest.raises(FeatureError, match="column 'at'"):
            plain_columns({"at": column}, ["at"], EventFields({"at": kind}))

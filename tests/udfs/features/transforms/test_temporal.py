from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.settings import FeatureSpec, FieldSettings
from udfs.features.transforms.temporal import FIELDS, Temporal

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ZONES = [
    "UTC",
    "Europe/Paris",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
]
# The ends are some days inside of what a `datetime` can be.
OUTSIDE = (st.integers(-62_135_000_000_000, -1), st.integers(4_102_444_800_000, 253_401_700_000_000))


def golden(millis: int, zone: str) -> list[float]:
    local = (EPOCH + timedelta(milliseconds=millis)).astimezone(ZoneInfo(zone))
    return [
        local.hour,
        local.weekday(),
        local.day,
        local.month,
        local.year,
        local.weekday() >= 5,
        local.hour >= 22 or local.hour < 6,
        millis / 1000,
    ]


def parts(millis: list[int], **parameters) -> np.ndarray:
    spec = FeatureSpec(name="x", type="temporal", parameters=parameters)
    feature = Temporal.from_spec(spec, {"at": FieldSettings(type="timestamp")})
    out = np.empty((len(millis), len(feature.columns)))
    feature.transform({"at": np.array(millis, np.int64)}, out)
    return out


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=60, deadline=None)
@given(millis=st.lists(st.integers(0, 4_102_444_799_999), min_size=1, max_size=20))
def test_every_part_equals_datetime_and_zoneinfo(zone, millis) -> None:
    np.testing.assert_array_equal(parts(millis, timezone=zone), [golden(value, zone) for value in millis])


@pytest.mark.parametrize("zone", [*ZONES, "Europe/Amsterdam", "Asia/Manila"])
@settings(max_examples=60, deadline=None)
@given(millis=st.lists(st.one_of(OUTSIDE), min_size=1, max_size=20))
def test_times_before_1970_and_after_2099_are_those_of_zoneinfo(zone, millis) -> None:
    """Summer time goes on after the table's end, and clocks went by the sun before they went by zones."""
    np.testing.assert_array_equal(parts(millis, timezone=zone), [golden(value, zone) for value in millis])


@pytest.mark.parametrize("millis", [-62_135_596_800_000, -1, 4_102_444_800_000, 253_402_300_799_999])
def test_first_and_last_times_have_a_local_time(millis) -> None:
    before, after = (parts([millis], timezone=zone)[0, 0] for zone in ("Pacific/Honolulu", "Asia/Tokyo"))
    assert 0 <= before <= 23
    assert 0 <= after <= 23
    assert before != after


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Paris", datetime(2026, 3, 29, 1, tzinfo=timezone.utc)),
        ("Europe/Paris", datetime(2026, 10, 25, 1, tzinfo=timezone.utc)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=timezone.utc)),
        ("America/St_Johns", datetime(1990, 4, 1, 3, 31, tzinfo=timezone.utc)),
        ("Africa/Monrovia", datetime(1972, 1, 7, 0, 44, 30, tzinfo=timezone.utc)),
    ],
)
def test_clock_changes_at_the_exact_second(zone, change) -> None:
    at = int((change - EPOCH).total_seconds()) * 1000
    millis = [at - 1000, at - 1, at, at + 1000]
    np.testing.assert_array_equal(parts(millis, timezone=zone), [golden(value, zone) for value in millis])
    before, after = ((change + timedelta(seconds=s)).astimezone(ZoneInfo(zone)).utcoffset() for s in (-1, 0))
    assert before != after


@settings(max_examples=60, deadline=None)
@given(millis=st.lists(st.integers(-62_135_596_800_000, 253_402_300_799_999), min_size=1, max_size=20))
def test_utc_holds_from_year_one_to_9999(millis) -> None:
    np.testing.assert_array_equal(parts(millis), [golden(value, "UTC") for value in millis])


@pytest.mark.parametrize(
    ("start", "end", "night_hours"),
    [(22, 6, {22, 23, 0, 1, 2, 3, 4, 5}), (0, 7, set(range(7))), (23, 24, {23}), (20, 24, {20, 21, 22, 23})],
)
def test_night_is_from_start_up_to_before_end_past_midnight_if_need_be(start, end, night_hours) -> None:
    hours = [hour * 3_600_000 for hour in range(24)]
    night = parts(hours, fields=["is_night"], night_start=start, night_end=end)[:, 0]
    assert set(np.flatnonzero(night).tolist()) == night_hours


def test_cyclic_parts_are_points_on_the_circle_and_flags_stay_flags(build) -> None:
    millis = [(5 * 24 + 6) * 3_600_000]  # Tuesday 1970-01-06, 06:00
    result = parts(millis, fields=["hour", "day_of_week", "is_weekend"], cyclic=True)[0]
    week = 2 * math.pi / 7
    np.testing.assert_allclose(result, [1.0, 0.0, math.sin(week), math.cos(week), 0.0], atol=1e-15)
    feature = build("temporal", fields=["hour", "is_weekend"], cyclic=True)
    assert feature.columns == ("x_hour_sin", "x_hour_cos", "x_is_weekend")


def test_one_part_is_called_like_the_feature_and_several_carry_their_part(build) -> None:
    assert build("temporal", fields=["hour"]).columns == ("x",)
    assert build("temporal").columns == tuple(f"x_{part}" for part in FIELDS)


def test_null_instant_is_nan_in_every_part(compute) -> None:
    result = compute("temporal", {"at": np.array([np.nan, 0.0])}, cyclic=True)
    assert np.isnan(result[0]).all()
    assert not np.isnan(result[1]).any()


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"fields": ["hours"]}, r"fields: hour\|day_of_week.*, got 'hours'; nearest valid name 'hour'"),
        ({"fields": ["hour", "hour"]}, "fields: each one once"),
        ({"timezone": "Europe/Pari"}, "timezone: .*, got 'Europe/Pari'; nearest valid name 'Europe/Paris'"),
        ({"timezone": "../etc/passwd"}, "timezone: .*, got '../etc/passwd'"),
        ({"night_start": 24}, "night_start: a whole number in 0..23, got 24"),
        ({"night_start": 6}, "night_end other than night_start, got 6; the night would have no hours"),
    ],
)
def test_wrong_parameters_are_refused(build, parameters, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("temporal", **parameters)


def test_two_timestamps_and_no_source_are_refused(build) -> None:
    fields = {"a": FieldSettings(type="timestamp"), "b": FieldSettings(type="timestamp")}
    with pytest.raises(
        ValueError, match="one timestamp field, got 2 of them and no source; add source: NAME"
    ):
        build("temporal", event_fields=fields)

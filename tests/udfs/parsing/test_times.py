from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.settings import FieldSettings
from tests.support.lines import encoded
from tests.udfs.parsing.outcomes import outcomes
from udfs.dead_letters import Problem
from udfs.parsing.lines import CsvLines, JsonLines
from udfs.parsing.parser import EventParser
from udfs.parsing.times import to_iso_ms

FIELDS = {"at": FieldSettings(type="timestamp")}
JSON = EventParser(FIELDS, JsonLines(FIELDS))
CSV = EventParser(FIELDS, CsvLines(FIELDS, ("at",)))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SHAPES = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H", "%Y-%m-%d"]
ZONES = ["", "Z", "z", "+00", "-00:00", "+0530", "+05:30", "-11:45", "+23:59", "-23"]
DATE_TIMES = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30))  # noqa: DTZ001


def offset(zone: str) -> timedelta:
    if zone in ("", "Z", "z"):
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if zone[0] == "-" else 1)


@st.composite
def moments(draw: st.DrawFn, shapes: list[str], zones: list[str]) -> tuple[str, int]:
    """A time as text, and its epoch milliseconds by the standard library's arithmetic."""
    shape, zone = draw(st.sampled_from(shapes)), draw(st.sampled_from(zones))
    moment = draw(DATE_TIMES)
    # strftime does not pad years below 1000.
    text = moment.strftime(shape.replace("%Y", f"{moment.year:04d}"))
    whole = datetime.strptime(text, shape).replace(tzinfo=timezone.utc)
    fraction = ""
    if shape.endswith("%S"):
        fraction = draw(st.text("0123456789", max_size=9))
        whole += timedelta(milliseconds=int(fraction[:3].ljust(3, "0")))
    if "%H" not in shape:
        zone = ""
    text = f"{text}{'.' if fraction else ''}{fraction}{zone}"
    return text, (whole - offset(zone) - EPOCH) // timedelta(milliseconds=1)


@settings(deadline=None)
@given(
    st.lists(moments(SHAPES, ZONES), max_size=60)
    | st.lists(moments(SHAPES[:1], [""]), max_size=60)
    | st.lists(moments(SHAPES[:2], ["Z", "+05:30"]), max_size=60)
)
def test_times_of_any_shape_mixed_or_not_read_as_the_standard_library_counts(drawn: list[tuple[str, int]]) -> None:
    ms = [ms for _, ms in drawn]
    assert [to_iso_ms(text) for text, _ in drawn] == ms
    assert JSON.parse(encoded([json.dumps({"at": text}) for text, _ in drawn])).columns["at"].tolist() == ms
    assert CSV.parse(encoded([text for text, _ in drawn])).columns["at"].tolist() == ms


@pytest.mark.parametrize("digits", range(10))
@pytest.mark.parametrize("zone", ["", "Z", "+02:00"])
def test_fractions_of_up_to_nine_digits_read_as_pandas_reads_them(digits: int, zone: str) -> None:
    fraction = f".{'987654321'[:digits]}" if digits else ""
    texts = [f"{1900 + row}-02-28 13:14:{row % 60:02d}{fraction}{zone}" for row in range(100)]
    wanted = [pd.Timestamp(text).value // 1_000_000 for text in texts]
    assert JSON.parse(encoded([json.dumps({"at": text}) for text in texts])).columns["at"].tolist() == wanted
    assert CSV.parse(encoded(texts)).columns["at"].tolist() == wanted


def test_nanoseconds_beyond_64_bits_do_not_wrap() -> None:
    texts = [f"{year:04d}-01-01T00:00:00.123456789Z" for year in (1, 1677, 1678, 2262, 2300, 9999)] * 20
    wanted = np.array([text[:-1] for text in texts], dtype="datetime64[ms]").astype(np.int64)
    lines = encoded(json.dumps({"at": text}) for text in texts)
    np.testing.assert_array_equal(JSON.parse(lines).columns["at"], wanted)


REFUSED = [
    "", " ", "x", "2018", "2018-04", "20180401", "2018-4-1", "18-04-01", "2018-02-29", "2018-04-31",
    "2018-13-01", "2018-00-01",
    "0000-01-01", "10000-01-01", "+2018-04-01", "-2018-04-01", "2018-W01-1", "2018-091", "2018-04-01Z",
    "2018-04-01T", "2018-04-01T1",
    "2018-04-01T24:00:00", "2018-04-01T23:59:60", "2016-12-31T23:59:60Z", "2018-04-01T23:60",
    "2018-04-01T000000", "2018-04-01T00:00:",
    "2018-04-01T00:00:00.", "2018-04-01T00:00:00,5", "2018-04-01T00:00:00.1234567890", "2018-04-01T00:00:00+24:00",
    "2018-04-01T00:00:00+02:60", "2018-04-01T00:00:00+2", "2018-04-01T00:00:00 Z",
    "2018-04-01T00:00:00 UTC", "2018-04-01  00:00",
    "2018-04-01_00:00", " 2018-04-01", "2018-04-01 ", "２018-04-01", "2018-04-01T00:00:00+02:00:00", "2018-04-01\n",
]
READ = ["2018-04-01", "2018-04-01T00:00Z", "0001-01-01T00:00:00+01:00"]


@pytest.mark.parametrize("text", REFUSED)
def test_text_that_is_no_time_is_wrong_alone_and_among_others(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        to_iso_ms(text)
    for neighbour in ("2018-04-01", "2018-04-01T00:00:00", "2018-04-01 00:00:00.5Z"):
        lines = [json.dumps({"at": neighbour})] * 100
        lines[50] = json.dumps({"at": text})
        problems = JSON.parse(encoded(lines)).problems
        assert {row: problem.reason for row, problem in problems.items()} == {50: "wrong_type"}


@settings(deadline=None)
@given(st.lists(st.sampled_from([*REFUSED, *READ]), min_size=17, max_size=80))
def test_a_batch_of_any_times_reads_as_each_alone(texts: list[str]) -> None:
    lines = [json.dumps({"at": text}) for text in texts]
    assert outcomes(JSON.parse(encoded(lines))) == [outcomes(JSON.parse(encoded([line])))[0] for line in lines]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0, 0), (-1, -1), (1_522_540_800_123, 1_522_540_800_123), (5.0, 5),
        (-62_135_596_800_000, -62_135_596_800_000),
        (253_402_300_799_999, 253_402_300_799_999), ("0001-01-01", -62_135_596_800_000),
        ("9999-12-31T23:59:59.999999999", 253_402_300_799_999), ("1969-12-31T23:59:59.9999", -1),
        (-62_135_596_800_001, "out_of_range"), (253_402_300_800_000, "out_of_range"),
        (1_522_540_800_123_000, "out_of_range"),
        ("0001-01-01T00:00:00+00:01", "out_of_range"), ("9999-12-31T23:59-00:01", "out_of_range"),
        (2**63, "wrong_type"),
        (5.5, "wrong_type"), (True, "wrong_type"), ([], "wrong_type"), (None, "missing_value"),
    ],
)
@pytest.mark.parametrize("size", [1, 60])
def test_epoch_milliseconds_and_the_ends_of_the_calendar(value: object, wanted: int | str, size: int) -> None:
    found = outcomes(JSON.parse(encoded([json.dumps({"at": value})] * size)))
    assert [row.reason if isinstance(row, Problem) else row["at"] for row in found] == [wanted] * size


@pytest.mark.parametrize(
    ("cell", "wanted"), [("0", 0), ("-5", -5), ("20180401", 20180401), ("2018-04-01", 1_522_540_800_000)]
)
def test_digits_in_csv_are_epoch_milliseconds(cell: str, wanted: int) -> None:
    assert CSV.parse(encoded([cell])).columns["at"].tolist() == [wanted]
    assert CSV.parse(encoded([cell] * 60)).columns["at"].tolist() == [wanted] * 60


@pytest.mark.parametrize("cell", ["+5", "--5", "-", "0x10", "5.0", "1e3", "1_0", " 5", "٥", "9" * 30])
def test_other_numbers_in_csv_are_no_times(cell: str) -> None:
    for lines in ([cell], ["5"] * 60 + [cell], ["2018-04-01"] * 60 + [cell]):
        reasons = {row: problem.reason for row, problem in CSV.parse(encoded(lines)).problems.items()}
        assert reasons == {len(lines) - 1: "wrong_type"}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="fromisoformat reads less before Python 3.11")
@given(DATE_TIMES, st.sampled_from(["auto", "hours", "minutes", "seconds", "milliseconds", "microseconds"]))
def test_what_isoformat_writes_fromisoformat_and_we_read_alike(moment: datetime, precision: str) -> None:
    text = moment.isoformat(timespec=precision)
    utc = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    assert to_iso_ms(text) == (utc - EPOCH) // timedelta(milliseconds=1)

"""Numbers as times: each unit, in every format, in batches of any size as alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.settings import FieldSettings
from tests.support.lines import encoded
from tests.udfs.parsing.outcomes import outcomes
from udfs.dead_letters import Problem
from udfs.parsing.lines import CsvLines, JsonLines
from udfs.parsing.parser import EventParser
from udfs.parsing.units import find_unclear

MS = 1_522_540_800_123
NUMBERS = {"s": 1_522_540_800, "ms": MS, "us": 1_522_540_800_123_456, "ns": 1_522_540_800_123_456_789}
# One at a time, a column of Python values or of Arrow's, a block of lines.
SIZES = (1, 60, 300)


def read(values: Sequence[Any], unit: str | None, form: str = "json") -> list[Any]:
    """Epoch milliseconds of each value, or its problem."""
    fields = {"at": FieldSettings(type="timestamp", unit=unit)}  # type: ignore[arg-type]
    if form == "json":
        parser, lines = EventParser(fields, JsonLines(fields)), [json.dumps({"at": value}) for value in values]
    else:
        parser, lines = EventParser(fields, CsvLines(fields, ("at",))), [str(value) for value in values]
    return [row if isinstance(row, Problem) else row["at"] for row in outcomes(parser.parse(encoded(lines)))]


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("unit", NUMBERS)
def test_numbers_are_read_in_their_unit(unit: str, size: int, form: str) -> None:
    assert read([NUMBERS[unit]] * size, unit, form) == [MS if unit != "s" else MS // 1_000 * 1_000] * size


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("size", SIZES)
def test_seconds_may_have_a_fraction(size: int, form: str) -> None:
    assert read([1_522_540_800.123, -0.5, 7.0] * size, "s", form) == [MS, -500, 7_000] * size


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("unit", [*NUMBERS, "iso", None])
def test_iso_text_is_a_time_in_every_unit(unit: str | None, size: int, form: str) -> None:
    assert read(["2018-04-01T00:00:00.123Z"] * size, unit, form) == [MS] * size


@pytest.mark.parametrize("size", SIZES)
def test_parts_of_a_millisecond_are_cut_off_towards_the_past(size: int) -> None:
    assert read([-1, 999, -1_001] * size, "us") == [-1, 0, -2] * size
    assert read([-1, 999_999] * size, "ns") == [-1, 0] * size


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("size", SIZES)
def test_unit_iso_takes_no_number(size: int, form: str) -> None:
    found = read([MS] * size, "iso", form)
    assert {problem.reason for problem in found} == {"wrong_type"}
    assert found[0].error.startswith("field 'at': expected timestamp as ISO 8601 text, by its unit: iso, got ")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("unit", "number"), [("s", 10**15), ("s", -1e300), ("us", -(2**63)), ("ms", 10**15)])
def test_times_outside_of_the_calendar_are_refused(unit: str, number: float, size: int) -> None:
    assert {problem.reason for problem in read([number] * size, unit)} == {"out_of_range"}


@pytest.mark.parametrize("value", [True, "soon", [], 2**63])
@pytest.mark.parametrize("unit", NUMBERS)
def test_what_is_no_number_is_refused(unit: str, value: object) -> None:
    (problem,) = read([value], unit)
    assert problem.reason == "wrong_type"


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("unit", "years"), [("s", "1970 in ms and of 2018"), ("us", "50217 in ms"), ("ns", "no year of the calendar in ms")]
)
def test_a_number_that_is_hardly_milliseconds_asks_for_its_unit(unit: str, years: str, size: int, form: str) -> None:
    found = read([NUMBERS[unit], MS] * size, None, form)
    assert found[1::2] == [MS] * size
    assert {problem.reason for problem in found[::2]} == {"out_of_range"}
    assert f"got {NUMBERS[unit]}, a time of" in found[0].error
    assert f"set the field's unit: {unit}, or unit: ms if that is meant" in found[0].error


def test_text_of_an_unclear_number() -> None:
    (problem,) = read([1_522_540_800], None)
    assert problem.error == (
        "field 'at': expected milliseconds since 1970, got 1522540800, a time of 1970 in ms and of 2018 in s; "
        "set the field's unit: s, or unit: ms if that is meant"
    )


@pytest.mark.parametrize("size", SIZES)
def test_unit_ms_takes_such_a_number_as_it_is(size: int) -> None:
    assert read([1_522_540_800] * size, "ms") == [1_522_540_800] * size


def test_iso_text_of_1970_is_clear() -> None:
    assert read(["1970-01-18T14:55:40Z"] * 60, None) == [1_522_540_000] * 60


@pytest.mark.parametrize("number", [0, 5, -1, 631_152_000 - 1, 7_258_118_400, 631_152_000_000, 7_258_118_399_999])
def test_other_numbers_are_milliseconds(number: int) -> None:
    assert not len(find_unclear(np.array([number])))
    assert read([number], None) == [number]


NUMBER = st.integers(-(2**63) - 1, 2**63) | st.integers(-(10**10), 10**10) | st.just(None) | st.booleans()
VALUE = NUMBER | st.sampled_from(["2018-04-01", "1970-01-01T00:00:00.5Z", "x"]) | st.floats(-1e12, 1e12)


@pytest.mark.parametrize("unit", [None, *NUMBERS, "iso"])
def test_absent_times_have_no_unit(unit: str | None) -> None:
    fields = {"at": FieldSettings(type="timestamp", unit=unit, required=False)}  # type: ignore[arg-type]
    parser = EventParser(fields, JsonLines(fields))
    for size in (0, *SIZES):
        assert outcomes(parser.parse(encoded(['{"at":null}'] * size))) == [{"at": None}] * size


@settings(deadline=None)
@given(st.lists(VALUE, max_size=80), st.sampled_from([None, "s", "ms", "us", "ns", "iso"]))
def test_a_value_means_the_same_in_a_batch_as_alone(values: list[Any], unit: str | None) -> None:
    together = read([*values, *[NUMBERS["ms"]] * 300], unit)[: len(values)]
    assert together == [read([value], unit)[0] for value in values]
    assert read(values, unit) == together


@settings(deadline=None)
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.floats(-1e12, 1e12).map("{:.6f}".format), min_size=1, max_size=80),
    st.sampled_from([None, "s", "ms", "us", "ns", "iso"]),
)
def test_a_cell_means_the_same_in_a_batch_as_alone(cells: list[Any], unit: str | None) -> None:
    together = read([*cells, *cells], unit, "csv")
    assert together[: len(cells)] == [read([cell], unit, "csv")[0] for cell in cells]

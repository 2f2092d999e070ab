from __future__ import annotations

import json
import re

import pytest

from conf.settings import FieldSettings
from tests.support.lines import encoded
from udfs.dead_letters import REASONS, Problem, show_value
from udfs.parsing.lines import CsvLines, JsonLines
from udfs.parsing.parser import EventParser

FIELDS = {
    "id": FieldSettings(type="long", min=1, max=1_234_567),
    "amount": FieldSettings(type="decimal", scale=2, min=0, required=False),
    "at": FieldSettings(type="timestamp", required=False),
    "name": FieldSettings(type="string", required=False),
    "flag": FieldSettings(type="boolean", required=False),
    "lat": FieldSettings(type="double", required=False, source="geo.lat", max=90),
}
JSON = EventParser(FIELDS, JsonLines(FIELDS))
CSV = EventParser(FIELDS, CsvLines(FIELDS, ("id", "amount", "at", "name")))
LONG = "y" * 1_000

JSON_PROBLEMS = [
    (None, "malformed", r"expected a JSON object, got a record without a value \(a tombstone\)"),
    ("", "malformed", r"expected a JSON object, got an empty line"),
    ("[1, 2]", "malformed", r"expected a JSON object, got \[1, 2\]"),
    ('{"id": 1', "malformed", r"expected a JSON object, got unexpected end of data \(character \d+\)"),
    ('{"id": 1, "x": NaN}', "malformed", r"expected a JSON object, got unexpected character, .*\(character 16\)"),
    ('{"id": "7"}', "wrong_type", r"field 'id': expected long, got '7'"),
    ('{"id": 1.5}', "wrong_type", r"field 'id': expected long, got 1\.5"),
    ('{"id": true}', "wrong_type", r"field 'id': expected long, got True"),
    ('{"id": 9223372036854775808}', "wrong_type", r"field 'id': expected long, got 9223372036854775808"),
    ('{"id": 1, "name": 5}', "wrong_type", r"field 'name': expected string, got 5"),
    ('{"id": 1, "flag": 0}', "wrong_type", r"field 'flag': expected boolean, got 0"),
    ('{"id": 1, "at": "tomorrow\\n"}', "wrong_type", r"field 'at': expected timestamp, got 'tomorrow\\n'"),
    ('{"id": 1, "geo": 5}', "wrong_type", r"field 'lat': expected double, got 5 in place of an object"),
    ("{}", "missing_value", r"field 'id': expected long, got null or nothing"),
    ('{"id": null}', "missing_value", r"field 'id': expected long, got null or nothing"),
    ('{"id": 0}', "out_of_range", r"field 'id': expected >= 1, got 0"),
    ('{"id": 1234568}', "out_of_range", r"field 'id': expected <= 1234567, got 1234568"),
    ('{"id": 1, "amount": -0.01}', "out_of_range", r"field 'amount': expected >= 0, got -0\.01"),
    (
        '{"id": 1, "amount": 57.161}',
        "out_of_range",
        r"field 'amount': expected at most 2 digits after the point, got 57\.161",
    ),
    (
        '{"id": 1, "amount": 1e36}',
        "out_of_range",
        r"field 'amount': expected at most 9007199254740991 as a whole number of units of 1e-2, got 1e\+36",
    ),
    ('{"id": 1, "geo": {"lat": 90.5}}', "out_of_range", r"field 'lat': expected <= 90, got 90\.5"),
    (
        '{"id": 1, "at": 253402300800000}',
        "out_of_range",
        r"field 'at': expected <= 253402300799999, got 253402300800000",
    ),
    (json.dumps({"id": LONG}), "wrong_type", r"field 'id': expected long, got 'y{76}\.\.\."),
    (json.dumps({"id": [LONG]}), "wrong_type", r"field 'id': expected long, got \['y{75}\.\.\."),
]
CSV_PROBLEMS = [
    ("", "malformed", r"expected 4 cells, got an empty line"),
    ("1,2,3", "malformed", r"expected 4 cells, got 3"),
    ("1,2,3,4,5", "malformed", r"expected 4 cells, got 5"),
    ('1,,,"a', "malformed", r"expected 4 cells, got unexpected end of data"),
    ('1,,,"a"b', "malformed", r"expected 4 cells, got .*expected after.*"),
    ("1,,,a\nb", "malformed", r"expected 4 cells, got a line break inside the line"),
    ("1,,,\0", "malformed", r"expected 4 cells, got a NUL character"),
    ("1,,,\ud800", "malformed", r"expected UTF-8 text, got 0xed \(byte 5\)"),
    (
        f'1,,,"{"y" * 140_000}"',
        "malformed",
        r"expected 4 cells, got 140006 characters, more than a line with quotes may have",
    ),
    ("0x1,,,", "wrong_type", r"field 'id': expected long, got '0x1'"),
    ("1,inf,,", "wrong_type", r"field 'amount': expected decimal, got 'inf'"),
    ("1, 5,,", "wrong_type", r"field 'amount': expected decimal, got ' 5'"),
    (",,,", "missing_value", r"field 'id': expected long, got null or nothing"),
    ("1,57.161,,", "out_of_range", r"field 'amount': expected at most 2 digits after the point, got 57\.161"),
]


@pytest.mark.parametrize("others", [0, 99])
@pytest.mark.parametrize(("line", "reason", "error"), JSON_PROBLEMS)
def test_a_bad_json_line_says_what_is_wrong_in_one_short_line(
    line: str | None, reason: str, error: str, others: int
) -> None:
    problem = JSON.parse(encoded(['{"id": 3}'] * others + [line])).problems[others]
    check(problem, reason, error)


@pytest.mark.parametrize("others", [0, 99])
@pytest.mark.parametrize(("line", "reason", "error"), CSV_PROBLEMS)
def test_a_bad_csv_line_says_what_is_wrong_in_one_short_line(line: str, reason: str, error: str, others: int) -> None:
    problem = CSV.parse(encoded(["3,,,"] * others + [line])).problems[others]
    check(problem, reason, error)


def check(problem: Problem, reason: str, error: str) -> None:
    assert problem.reason == reason
    assert problem.reason in REASONS
    assert re.fullmatch(error, problem.error)
    assert len(problem.error.splitlines()) == 1
    assert len(problem.error) <= 160


def test_a_record_without_a_value_costs_no_other_its_own() -> None:
    lines: list[str | None] = ['{"id": 3}'] * 600
    lines[300] = None
    batch = JSON.parse(encoded(lines))
    assert (list(batch.problems), batch.columns["id"].tolist()) == ([300], [3] * 599)


def test_of_several_problems_the_first_declared_field_counts() -> None:
    line = '{"name": 5, "amount": 0.001}'
    assert JSON.parse(encoded([line])).problems[0].error == "field 'id': expected long, got null or nothing"


@pytest.mark.parametrize(
    "value", ["y" * 10_000, ["y" * 10_000], {"k": "\n" * 500}, 10**300, "\u2028\x85\n" * 90], ids=type
)
def test_a_shown_value_is_one_line_of_bounded_length(value: object) -> None:
    assert len(show_value(value)) == 80
    assert len(show_value(value).splitlines()) == 1


@pytest.mark.parametrize(
    ("amount", "scale", "is_good"),
    [
        (0.1 + 0.2, 1, True),
        (1.005, 2, False),
        (9e6, 9, True),
        (1e7, 9, False),
        (2.0**53 - 1, 0, True),
        (-(2.0**53), 0, False),
        (90_071_992_547_409.91, 2, True),
        (90_071_992_547_409.92, 2, False),
        (1e17, 2, False),
        (-1e300, 0, False),
        (123_456_789.99, 2, True),
        (5, 0, True),
        (0.5, 0, False),
    ],
)
def test_a_decimal_may_have_its_scale_in_digits(amount: float, scale: int, is_good: bool) -> None:
    fields = {"x": FieldSettings(type="decimal", scale=scale)}
    assert EventParser(fields, JsonLines(fields)).parse(encoded([json.dumps({"x": amount})])).good == is_good


@pytest.mark.parametrize("limits", [{"min": 1}, {"max": -1}], ids=str)
def test_an_absent_value_is_within_any_range(limits: dict[str, float]) -> None:
    fields = {"x": FieldSettings(type="long", required=False, **limits)}
    batch = EventParser(fields, JsonLines(fields)).parse(encoded(["{}", '{"x": 0}']))
    assert (batch.exact["x"].tolist(), list(batch.problems)) == ([None], [1])

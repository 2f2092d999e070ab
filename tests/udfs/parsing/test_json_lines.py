from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.settings import FieldSettings
from tests.support.lines import encoded
from tests.udfs.parsing.odd_lines import ODD
from tests.udfs.parsing.outcomes import Outcome, assert_exact_agrees, outcomes
from udfs.dead_letters import Problem
from udfs.parsing.lines import JsonLines
from udfs.parsing.parser import EventParser

FIELDS = {
    "id": FieldSettings(type="long"),
    "amount": FieldSettings(type="double", required=False),
    "name": FieldSettings(type="string", required=False),
    "flag": FieldSettings(type="boolean", required=False),
    "city": FieldSettings(type="string", required=False, source="place.city"),
    "count": FieldSettings(type="long", required=False, source="place.more.count"),
}
PARSER = EventParser(FIELDS, JsonLines(FIELDS))


def clean(row: int) -> str:
    place = {"city": f"c{row}", "more": {"count": -row}}
    return json.dumps({"id": row, "amount": row / 7, "name": f"n{row}", "flag": row % 2 == 0, "place": place})


def expected(line: str) -> dict[str, Any] | str:
    """Values by field or the reason, read with the standard library."""
    try:
        text = line.removeprefix("\ufeff")
        record = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_finite_int)
        json.dumps(record, ensure_ascii=False).encode()
    except (ValueError, OverflowError):
        return "malformed"
    if not isinstance(record, dict):
        return "malformed"
    values: dict[str, Any] = {}
    for name, field in FIELDS.items():
        value: Any = record
        for step in (field.source or name).split("."):
            if value is None:
                break
            if not isinstance(value, dict):
                return "wrong_type"
            value = value.get(step)
        if value is None and field.required:
            return "missing_value"
        if value is not None and not _fits(value, field.type):
            return "wrong_type"
        values[name] = float(value) if field.type == "double" and value is not None else value
    return values


def _fits(value: Any, kind: str) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    if kind == "double":
        return isinstance(value, (int, float))
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer() and abs(value) < 2**53)
    return whole and -(2**63) <= value < 2**63


def _refuse(text: str) -> float:
    raise ValueError(text)


def _finite(text: str) -> float:
    if math.isinf(float(text)):
        raise ValueError(text)
    return float(text)


def _finite_int(text: str) -> int:
    float(int(text))
    return int(text)


def as_reasons(found: list[Outcome]) -> list[dict[str, Any] | str]:
    return [row.reason if isinstance(row, Problem) else dict(row) for row in found]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, "more"]), inner),
    max_leaves=4,
)
RECORDS = st.dictionaries(st.sampled_from([*FIELDS, "place", "other"]), VALUES).map(json.dumps)
LINES = st.sampled_from(ODD) | RECORDS | st.text(max_size=20)
BATCHES = st.tuples(st.integers(0, 120), st.lists(st.tuples(st.integers(0, 120), LINES), max_size=6))


def _batch(count: int, odd: list[tuple[int, str]]) -> list[str]:
    lines = [clean(row) for row in range(count)]
    for position, line in odd:
        lines.insert(position, line)
    return lines


@pytest.mark.parametrize("line", ODD, ids=lambda line: ascii(line)[:40])
def test_a_line_reads_as_the_standard_library_reads_it(line: str) -> None:
    assert as_reasons(outcomes(PARSER.parse(encoded([line])))) == [expected(line)]


@settings(deadline=None)
@given(BATCHES)
def test_each_line_of_a_batch_yields_what_it_yields_alone(drawn: tuple[int, list[tuple[int, str]]]) -> None:
    lines = _batch(*drawn)
    batch = PARSER.parse(encoded(lines))
    assert outcomes(batch) == [outcomes(PARSER.parse(encoded([line])))[0] for line in lines]
    assert as_reasons(outcomes(batch)) == [expected(line) for line in lines]
    assert_exact_agrees(batch)


def test_all_odd_lines_together_stay_on_their_rows() -> None:
    lines = [line for row, odd in enumerate(ODD * 9) for line in (clean(row), odd)]
    batch = PARSER.parse(encoded(lines))
    assert as_reasons(outcomes(batch)) == [expected(line) for line in lines]


def test_values_keep_their_rows_beyond_a_chunk_with_bad_lines_in_it() -> None:
    lines = [clean(row) if row % 10 else clean(row)[:-1] for row in range(3_000)]
    batch = PARSER.parse(encoded(lines))
    good = np.array([row for row in range(3_000) if row % 10])
    np.testing.assert_array_equal(batch.rows, good)
    np.testing.assert_array_equal(batch.columns["id"], good)
    np.testing.assert_array_equal(batch.columns["count"], -good)
    np.testing.assert_array_equal(batch.columns["amount"], good / 7)
    assert batch.columns["name"].tolist() == [f"n{row}" for row in good]


def test_crlf_is_a_line_end() -> None:
    lines = [clean(row) for row in range(100)]
    assert outcomes(PARSER.parse(encoded([line + "\r" for line in lines]))) == outcomes(PARSER.parse(encoded(lines)))


def test_lines_that_would_only_together_be_objects_are_malformed() -> None:
    lines = [*map(clean, range(60)), '{"id":1,"amount":{"x":1}', '{"id":2}}', '{"id":3}{"id":4}']
    assert sorted(PARSER.parse(encoded(lines)).problems) == [60, 61, 62]


def test_a_later_chunk_without_a_field_does_not_change_an_earlier_one() -> None:
    lines = [json.dumps({"id": row} if row >= 700 else {"id": row, "count": 1, "amount": 2}) for row in range(1_400)]
    batch = PARSER.parse(encoded(lines))
    np.testing.assert_array_equal(batch.columns["amount"], np.where(np.arange(1_400) < 700, 2.0, np.nan))

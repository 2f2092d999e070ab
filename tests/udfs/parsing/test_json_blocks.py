from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.settings import FieldSettings
from tests.support.lines import encoded
from tests.udfs.parsing.blocks import BLOCKS, FIELDS, ONE_BY_ONE, alone, at_once, clean
from tests.udfs.parsing.odd_lines import ODD
from udfs.parsing.batch import RawColumn
from udfs.parsing.json_blocks import JsonBlocks
from udfs.parsing.json_lines import JsonLines

MORE_ODD = [
    '{"id":1,"other":Infinity}', '{"id":1,"other":-Inf}', '{"id":1,"other":[NaN]}',
    '{"id":1,"other":' + "7" * 400 + "}", '{"id":1,"amount":' + "7" * 400 + "}", '{"id":1,"amount":' + "7" * 300 + "}",
    '{"id":1,"other":' + "[" * 2000 + "]" * 2000 + "}", '{"id":1,"other":' + '{"a":' * 1200 + "1" + "}" * 1200 + "}",
    '{"id":1,"price":1.234}', '{"id":1,"price":12.34}', '{"id":1,"time":"2018-04-01"}', '{"id":1,"time":"soon"}',
    '{"id":1,"time":1e3}', '{"id":1,"time":"2018-04-01T00:00:00Z"}', '{"id":1,"time":null}', '{"id":1,"name":"NaN"}',
    '{"id":1,"name":{"a":1}}', '{"id":{}}', '{"\\u0069d":1}', '{"id":1,"amount":1e-400}', '{"id":1,"amount":-0.0}',
]
LINES = st.sampled_from(ODD + MORE_ODD) | st.dictionaries(
    st.sampled_from([*FIELDS, "time", "other"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2),
).map(json.dumps)


@pytest.mark.parametrize("line", ODD + MORE_ODD, ids=lambda line: ascii(line)[:40])
def test_a_block_is_declined_or_read_as_each_line_alone(line: str) -> None:
    for lines in ([line], [clean(0), line, clean(1)], [line, clean(0)], [clean(0), line]):
        assert at_once(lines) in (None, alone(lines))


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=6), st.integers(0, 3))
def test_blocks_of_odd_lines_are_declined_or_read_as_each_line_alone(odd: list[str], count: int) -> None:
    lines = [*map(clean, range(count)), *odd]
    assert at_once(lines) in (None, alone(lines))


@pytest.mark.parametrize(
    "line",
    [
        '{"id":1,"amount":2,"price":0.1,"name":"\\u00e9 漢","flag":false,"time":1522540800000}',
        '{"id":1,"amount":null,"name":null,"flag":null,"time":null}',
        '{"id":1,"time":"2018-04-01T00:00:31.5+02:00","other":{"a":[1,"x",{"b":null}]}}',
        '{"id":1,"other":[1,2,3],"another":"2018-04-01"}',
        '{"id":1,"name":"N and I"}',
        ' {"id":1} '.strip(),
    ],
)
def test_plain_lines_are_read_at_once(line: str) -> None:
    lines = [line] * 40
    assert at_once(lines) == alone(lines) != []


def test_times_of_two_kinds_are_not_read_at_once() -> None:
    assert BLOCKS.read(encoded(['{"id":1,"time":5}', '{"id":1,"time":"2018-04-01"}'])) is None


def test_nested_fields_are_not_read_at_once() -> None:
    assert JsonBlocks({"city": FieldSettings(type="string", source="place.city")}).read(encoded(["{}"])) is None


def test_fields_that_see_one_value_as_two_types_are_not_read_at_once() -> None:
    fields = {"a": FieldSettings(type="long", source="x"), "b": FieldSettings(type="string", source="x")}
    assert JsonBlocks(fields).read(encoded(['{"x":1}'])) is None


def test_a_bad_line_among_many_leaves_the_others_where_they_are() -> None:
    lines = [clean(row) for row in range(10_000)]
    lines[5_000] = "oops"
    batch = ONE_BY_ONE.parse(encoded(lines))
    good = np.array([row for row in range(10_000) if row != 5_000])
    assert list(batch.problems) == [5_000]
    np.testing.assert_array_equal(batch.rows, good)
    np.testing.assert_array_equal(batch.columns["id"], good)
    np.testing.assert_array_equal(batch.columns["amount"], good / 7)


def test_columns_have_the_types_that_lines_alone_have() -> None:
    lines = [clean(row) for row in range(300)]
    found = BLOCKS.read(encoded(lines))
    assert found is not None
    expected = JsonLines(FIELDS).read(encoded(lines[:10])).columns
    assert {name: _kind(column) for name, column in found.items()} == {
        name: _kind(column) for name, column in expected.items()
    }


def _kind(column: RawColumn) -> tuple[str, bool]:
    return column.values.dtype.name, column.nulls is None

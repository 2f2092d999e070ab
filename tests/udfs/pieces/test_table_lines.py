"""Columns of a table are what its lines of JSON would give, value for value and text for text."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.settings import FieldSettings
from udfs.parsing.batch import RawBatch
from udfs.parsing.json_lines import JsonLines
from udfs.parsing.parser import EventParser
from udfs.pieces.json_rows import lines_of, with_times
from udfs.pieces.table_lines import TableFormat, TableLines

MOMENT = dt.datetime(2018, 4, 1, 0, 0, 31, 250_000)  # noqa: DTZ001 - as files without zones have it
KINDS: dict[str, dict[str, Any]] = {
    "long": {"type": "long"},
    "double": {"type": "double"},
    "decimal": {"type": "decimal", "scale": 2},
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "timestamp": {"type": "timestamp"},
    **{f"timestamp:{unit}": {"type": "timestamp", "unit": unit} for unit in ("s", "ms", "us", "ns", "iso")},
}
COLUMNS = {
    "int64": pa.array([1, None, -(2**63), 2**63 - 1, 2**53 + 1]),
    "int8": pa.array([1, None, -128], pa.int8()),
    "uint32": pa.array([2**32 - 1, 0], pa.uint32()),
    "uint64": pa.array([2**64 - 1, 2**63, 5, None], pa.uint64()),
    "double": pa.array([0.1, None, -0.0, 12.0, 1e300, 5e-324, 1_522_540_831.25, 1.234]),
    "not finite": pa.array([math.nan, math.inf, -math.inf, 1.5]),
    "float": pa.array([0.1, None, math.nan, 2.0], pa.float32()),
    "half": pa.array([np.float16(0.1), None, np.float16(np.inf), np.float16(np.nan)], pa.float16()),
    "infinite float": pa.array([math.inf, None, 0.5], pa.float32()),
    "infinite struct": pa.array([{"x": [math.inf, 1.0]}, None]),
    "text": pa.array(["a", None, "", 'q"\\\n\t\0ü漢', "5", "2018-04-01", "2018-04-01T00:00:31Z"]),
    "times": pa.array(["2018-04-01", None, "2018-04-01T00:00:31.5+02:00"] * 9),
    "large text": pa.array(["a", None], pa.large_string()),
    "dictionary": pa.array(["a", None, "b"]).dictionary_encode(),
    "bool": pa.array([True, None, False]),
    "moment": pa.array([MOMENT, None], pa.timestamp("us")),
    "moment of 1970": pa.array([MOMENT, dt.datetime(1970, 1, 19)], pa.timestamp("ns")),  # noqa: DTZ001
    "zoned": pa.array([MOMENT.replace(tzinfo=dt.timezone.utc)], pa.timestamp("ms", "Europe/Berlin")),
    "day": pa.array([MOMENT.date(), None]),
    "clock": pa.array([dt.time(1, 2, 3), None]),
    "span": pa.array([dt.timedelta(seconds=5), None]),
    "decimal": pa.array([Decimal("57.16"), None, Decimal("0.00")], pa.decimal128(12, 2)),
    "whole": pa.array([Decimal(2**60 + 1), Decimal(2**70)], pa.decimal128(38, 0)),
    "bytes": pa.array([b"a", b"\xff", None]),
    "list": pa.array([[1], [], None]),
    "struct": pa.array([{"x": 1}, None]),
    "null": pa.nulls(3),
}


def table_of(**columns: pa.Array) -> pa.Table:
    return with_times(pa.table(columns), {})


def assert_same(found: RawBatch, wanted: RawBatch) -> None:
    assert found.problems == wanted.problems
    assert found.columns.keys() == wanted.columns.keys()
    for name, column in wanted.columns.items():
        other = found.columns[name]
        assert other.values.dtype == column.values.dtype
        assert other.values.tobytes() == column.values.tobytes() or other.values.tolist() == column.values.tolist()
        assert (other.nulls is None) == (column.nulls is None)
        np.testing.assert_array_equal(other.nulls, column.nulls)
        assert {row: repr(value) for row, value in other.wrong.items()} == {
            row: repr(value) for row, value in column.wrong.items()
        }


@pytest.mark.parametrize("required", [True, False], ids=["required", "optional"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("column", COLUMNS)
def test_column_is_read_as_its_json(column: str, kind: str, required: bool) -> None:
    fields = {"x": FieldSettings(**KINDS[kind], required=required)}
    table = table_of(x=COLUMNS[column])
    assert_same(TableFormat(fields).read(TableLines(table)), JsonLines(fields).read(lines_of(table)))
    found, wanted = (EventParser(fields, form).parse(lines) for form, lines in (
        (TableFormat(fields), TableLines(table)), (JsonLines(fields), lines_of(table)),
    ))  # fmt: skip
    assert found.problems == wanted.problems


@given(st.lists(st.none() | st.floats(width=64) | st.integers(-(2**53), 2**53).map(float), min_size=1))
def test_numbers_are_the_same_to_the_last_bit(values: list[float | None]) -> None:
    fields = {"x": FieldSettings(type="double", required=False)}
    table = table_of(x=pa.array(values, pa.float64()))
    found = TableFormat(fields).read(TableLines(table)).columns["x"]
    wanted = JsonLines(fields).read(lines_of(table)).columns["x"]
    assert found.values.tobytes() == wanted.values.tobytes()


def test_fields_may_share_a_column_and_lack_one() -> None:
    fields = {
        "a": FieldSettings(type="long", source="x"),
        "b": FieldSettings(type="string", source="x", required=False),
        "c": FieldSettings(type="double", required=False),
    }
    table = table_of(x=pa.array([1, 2, None]), other=pa.array(["a", "b", "c"]))
    assert_same(TableFormat(fields).read(TableLines(table)), JsonLines(fields).read(lines_of(table)))


def test_path_into_a_struct_is_followed() -> None:
    fields = {"a": FieldSettings(type="long", source="x.y")}
    table = table_of(x=pa.array([{"y": 5}, None]))
    assert TableFormat(fields).read(TableLines(table)).columns["a"].values.tolist() == [5, 0]


def test_text_that_is_no_utf8_makes_a_bad_line_wherever_it_is() -> None:
    packed = pa.array([b"fine", b"bad \xff"])
    texts = pa.Array.from_buffers(pa.string(), 2, packed.buffers())
    fields = {"id": FieldSettings(type="long")}
    found = TableFormat(fields).read(TableLines(table_of(id=pa.array([1, 2]), note=texts)))
    assert {row: problem.reason for row, problem in found.problems.items()} == {1: "malformed"}
    assert found.columns["id"].values.tolist() == [1]


def test_lines_are_those_of_the_table() -> None:
    table = table_of(id=pa.array(range(500)), name=pa.array([f"n{row}" for row in range(500)]))
    lines, wanted = TableLines(table), lines_of(table)
    assert list(lines) == wanted
    assert [TableLines(table)[7], TableLines(table)[-1]] == [wanted[7], wanted[-1]]
    few = TableLines(table)
    assert [few[row] for row in range(499, -1, -1)] == wanted[::-1]
    assert list(lines[10:20]) == wanted[10:20]
    assert lines[10:20][3] == wanted[13]
    with pytest.raises(IndexError):
        lines[500]
    assert (len(TableLines(None)), list(TableLines(None)), len(TableLines(None)[0:5])) == (0, [], 0)


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()], ids=str)
def test_infinity_is_a_wrong_value_and_nan_an_absent_one(kind: pa.DataType) -> None:
    numbers = np.array([1.5, np.inf, -np.inf, np.nan, -2.0], kind.to_pandas_dtype())
    fields = {"x": FieldSettings(type="double", required=False)}
    found = EventParser(fields, TableFormat(fields)).parse(TableLines(table_of(x=pa.array(numbers))))
    assert {row: (problem.reason, problem.error) for row, problem in found.problems.items()} == {
        1: ("wrong_type", "field 'x': expected double, got 'Infinity'"),
        2: ("wrong_type", "field 'x': expected double, got '-Infinity'"),
    }
    np.testing.assert_array_equal(found.columns["x"], [1.5, np.nan, -2.0])

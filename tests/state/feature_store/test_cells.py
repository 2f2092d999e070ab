"""Cells keep a value, its type and its time."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.feature_store.cells import Cells, check_times, pack_column, unpack_cells
from state.feature_store.features import Features
from state.feature_store.group import Group

VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=8))
TIMES = st.integers(-(2**53) + 1, 2**53 - 1)


def features(cells: Cells, *names: str) -> Features:
    return Features(names, cells, np.zeros(len(cells.kinds), bool))


@given(st.lists(st.tuples(VALUES, TIMES), max_size=20))
def test_values_come_back_with_type_and_time(rows: list[tuple[Any, int]]) -> None:
    values = np.empty(len(rows), object)
    values[:] = [value for value, _ in rows]
    packed = pack_column(values, np.array([time for _, time in rows], np.int64))
    got = features(unpack_cells([[cell] for cell in packed], 1), "x")
    for (value, time), back, back_time in zip(rows, got.values("x"), got.times_ms("x"), strict=True):
        assert type(back) is type(value)
        assert back == value or (isinstance(value, float) and math.isnan(value) and math.isnan(back))
        assert back_time == (0 if value is None else time)


@pytest.mark.parametrize(
    ("values", "tail"),
    [
        (np.array([1.5], np.float32), b"\x01" + struct.pack("<d", 1.5)),
        (np.array([-3], np.int8), b"\x02" + struct.pack("<q", -3)),
        (np.array([True]), b"\x03" + struct.pack("<q", 1)),
        (np.array(["né"]), b"\x04n\xc3\xa9"),
        (np.array([None], object), b"\x00"),
    ],
    ids=["float", "int", "bool", "text", "none"],
)
def test_layout_is_as_stated(values: np.ndarray, tail: bytes) -> None:
    assert pack_column(values, np.array([-2])) == [struct.pack(">q", -2) + tail]


def test_nan_is_a_value_and_none_is_missing() -> None:
    packed = pack_column(np.array([math.nan, None], object), np.array([1, 1]))
    got = features(unpack_cells([[packed[0]], [packed[1]], [None]], 1), "x")
    assert got.is_present("x").tolist() == [True, False, False]
    np.testing.assert_array_equal(got.floats("x", 7.0), [math.nan, 7.0, 7.0])


def test_numbers_of_any_type_are_floats_and_texts_take_the_default() -> None:
    packed = pack_column(np.array([2, True, 0.5, "a"], object), np.zeros(4, np.int64))
    got = features(unpack_cells([[cell] for cell in packed], 1), "x")
    assert got.floats("x", -1.0).tolist() == [2.0, 1.0, 0.5, -1.0]
    assert got.texts("x", "?").tolist() == ["?", "?", "?", "a"]


@pytest.mark.parametrize("cell", [b"", b"short", b"\0" * 8 + b"\x09" + b"\0" * 8, b"\0" * 8 + b"\x01abc"])
def test_bytes_of_another_layout_are_missing(cell: bytes) -> None:
    assert unpack_cells([[cell]], 1).kinds.tolist() == [[0]]


def test_older_cells_are_taken_out() -> None:
    cells = unpack_cells([[cell] for cell in pack_column(np.array([1.0, 2.0]), np.array([10, 20]))], 1)
    young = features(cells.not_before(np.array([11, 20])), "x")
    assert young.values("x") == [None, 2.0]
    assert features(cells, "x").values("x") == [1.0, 2.0]


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="expected a number, a boolean, a text or None, got bytes"):
        pack_column(np.array([b"x"], object), np.array([1]))


@pytest.mark.parametrize(
    ("values", "error", "text"),
    [
        ([2**63], ValueError, r"from -2\^63 to 2\^63 - 1, got 9223372036854775808"),
        ([None, -(2**63) - 1], ValueError, "got -9223372036854775809"),
        ([2**70], ValueError, "expected whole numbers of 64 bits"),
        (np.array(["2020-01-01"], "M8[ns]"), TypeError, r"texts or None, got datetime64\[ns\]"),
        (np.array([1j]), TypeError, "got complex128"),
        ([b"x", "y"], TypeError, "got bytes"),
    ],
    ids=["unsigned", "too small", "too long", "time", "complex", "bytes beside text"],
)
def test_what_would_come_back_as_something_else_is_refused(values: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        pack_column(values, np.zeros(len(values), np.int64))


@pytest.mark.parametrize(
    "values",
    [[1, "a", True, 1.5], ["a\0", "\0"], np.array([2**63 - 1], np.uint64)],
    ids=["mixed", "zeros at the end", "unsigned"],
)
def test_lists_keep_the_type_of_each_value(values: Any) -> None:
    packed = pack_column(values, np.zeros(len(values), np.int64))
    got = features(unpack_cells([[cell] for cell in packed], 1), "x").values("x")
    expected = values if isinstance(values, list) else values.tolist()
    assert [(type(value), value) for value in got] == [(type(value), value) for value in expected]


def test_times_in_microseconds_are_refused() -> None:
    with pytest.raises(ValueError, match="milliseconds since 1970 below 2\\^53"):
        check_times(np.array([2**53]))


@pytest.mark.parametrize("part", ["", "a b", "a:b", "a*"])
def test_names_of_tables_are_plain(part: str) -> None:
    with pytest.raises(ValueError, match="entity: expected letters"):
        Group(part, "abc")
    with pytest.raises(ValueError, match="feature_set: expected letters"):
        Group("customer", part)

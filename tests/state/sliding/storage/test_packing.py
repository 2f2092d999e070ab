from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.sliding.plan import Kind
from state.sliding.rows import Column
from state.sliding.storage.packing import Reader, Writer

INTEGERS = st.one_of(st.integers(-300, 300), st.integers(-(2**63), 2**63 - 1))
DOUBLES = st.one_of(st.floats(), st.integers(-999, 999).map(lambda cents: cents / 100), st.just(-0.0))


def size(column: Column, kind: Kind, digits: int = 0) -> int:
    writer = Writer()
    writer.column(column, kind, digits)
    return len(writer.bytes())


@given(st.lists(INTEGERS), st.lists(st.booleans()))
def test_integers_and_masks_come_back(integers: list[int], mask: list[bool]) -> None:
    writer = Writer()
    writer.integers(np.array(integers, np.int64))
    writer.mask(np.array(mask, np.bool_))
    reader = Reader(writer.bytes(), 0)
    assert reader.integers(len(integers)).tolist() == integers
    assert reader.mask(len(mask)).tolist() == mask
    assert reader.left == 0


@pytest.mark.parametrize(
    ("kind", "values", "dtype"),
    [("integer", INTEGERS, np.int64), ("double", DOUBLES, np.float64), ("text", st.text(), object)],
)
def test_columns_come_back_bit_by_bit(kind: Kind, values: st.SearchStrategy[object], dtype: type) -> None:
    @given(st.lists(st.tuples(values, st.booleans())), st.integers(0, 3))
    def check(rows: list[tuple[object, bool]], digits: int) -> None:
        column = Column(np.array([value for value, _ in rows], dtype), np.array([null for _, null in rows], np.bool_))
        writer = Writer()
        writer.column(column, kind, digits)
        found = Reader(writer.bytes(), 0).column(kind, len(rows))
        nulls = np.zeros(len(rows), np.bool_) if found.nulls is None else found.nulls
        assert nulls.tolist() == [null for _, null in rows]
        kept = ~nulls
        if kind == "text":
            assert found.values[kept].tolist() == column.values[kept].tolist()
        else:
            assert found.values[kept].tobytes() == column.values[kept].tobytes()

    check()


def test_small_numbers_take_few_bytes() -> None:
    rows = 1000
    cents = np.random.default_rng(0).integers(0, 60_000, rows)
    assert size(Column(cents), "integer") < 2 * rows + 20
    assert size(Column(cents / 100), "double", 2) < 2 * rows + 20
    assert size(Column(np.full(rows, 2**62)), "integer") < 20
    assert size(Column(np.array(["shop"] * rows, object)), "text") < 50
    assert size(Column(np.full(rows, math.pi)), "double", 2) > 8 * rows

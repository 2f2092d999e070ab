"""Columns become rows and columns again, with every NULL in its place."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from state.labels.settings import JoinTimes
from tests.udfs.labels.sides import part, rows_of, settings
from udfs.labels.row_packing import RowPacking
from udfs.labels.settings import JoinSide
from udfs.windows.parts import Block, PartFormat

_LONGS = st.integers(-(2**63), 2**63 - 1)
_TEXTS = st.text(max_size=5)
_ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), _TEXTS),
        st.one_of(st.none(), st.floats(allow_nan=False)),
        _LONGS,
        st.one_of(st.none(), _TEXTS),
        st.one_of(st.none(), st.integers(-(2**50), 2**50)),
    ),
    min_size=1,
    max_size=9,
)


@given(rows=_ROWS)
def test_columns_come_back(rows: list[tuple[Any, ...]]) -> None:
    of = settings(JoinTimes(1, 1), "STRING")
    columns = of.predictions.columns
    packing, rows_format = RowPacking(of.predictions), PartFormat(columns)
    packed = packing.pack(rows_format.decode(part(of, "predictions", rows)))
    again = rows_format.encode(Block(packing.unpack(packed), len(rows)))
    assert rows_of(again, columns) == rows
    assert packed.times.tolist() == [row[2] for row in rows]
    assert (packed.numbers[:, 1] & 1).astype(bool).tolist() == [row[0] is None for row in rows]
    assert packing.shape.ids(packed) == [(row[0] or "").encode() for row in rows]


def test_more_columns_than_a_number_has_bits() -> None:
    names = [f"c{number}" for number in range(130)]
    side = JoinSide((("id", "BIGINT"), ("at", "BIGINT"), *((name, "BIGINT") for name in names)), "id", "at")
    rows_format, packing = PartFormat(side.columns), RowPacking(side)
    row = (1, 2, *(None if number % 7 == 3 else number for number in range(130)))
    block = rows_format.block({name: [value, 5] for (name, _), value in zip(side.columns, row, strict=True)})
    again = rows_format.encode(Block(packing.unpack(packing.pack(block)), 2))
    assert rows_of(again, side.columns) == [row, (5,) * 132]

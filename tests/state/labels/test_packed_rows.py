"""Rows come out of bytes as they went in, and bytes that are none of this release are refused."""

from __future__ import annotations

import numpy as np
import pytest

from state.labels.packed_rows import VERSION, PackedRows, RowShape
from state.sliding.errors import StateError
from tests.state.labels.oracle import LONGS, TEXTS, Row, numbers_of, packed

ROWS = [Row(0, 7, 5), Row(10, None, -3), Row(234, 9, 2**62)]


@pytest.mark.parametrize("shapes", [LONGS, TEXTS], ids=["longs", "texts"])
def test_rows_come_out_as_they_went_in(shapes: object) -> None:
    rows = packed(ROWS, shapes)  # type: ignore[arg-type]
    kind, found = PackedRows.decode(rows.encode(2))
    assert kind == 2
    np.testing.assert_array_equal(found.numbers, rows.numbers)
    assert numbers_of(found) == [0, 10, 234]


@pytest.mark.parametrize("places", [[2, 0], [], [1, 1, 1]], ids=["any order", "none", "one again"])
def test_taken_rows_have_their_texts(places: list[int]) -> None:
    found = packed(ROWS, TEXTS).take(np.array(places, np.int64))
    assert numbers_of(found) == [ROWS[place].number for place in places]
    assert TEXTS.predictions.ids(found) == [b"" if ROWS[p].id is None else b"i%d" % ROWS[p].id for p in places]


def test_ids_are_numbers_or_bytes() -> None:
    assert RowShape(4, 1, 2).ids(packed(ROWS)) == [7, 0, 9]
    assert RowShape(3, 2, None).ids(packed(ROWS, TEXTS)) == [b"i7", b"", b"i9"]


def test_other_version_is_refused() -> None:
    data = bytes([VERSION + 1]) + packed(ROWS).encode(0)[1:]
    with pytest.raises(StateError, match=f"expected rows of format {VERSION}, got format {VERSION + 1}; use their own"):
        PackedRows.decode(data)


@pytest.mark.parametrize("size", [3, 40, -1], ids=["header", "numbers", "texts"])
def test_bytes_that_are_cut_off_are_refused(size: int) -> None:
    data = packed(ROWS).encode(0)[:size]
    with pytest.raises(StateError, match=rf"expected whole rows, got {len(data)} bytes; they are cut off"):
        PackedRows.decode(data)

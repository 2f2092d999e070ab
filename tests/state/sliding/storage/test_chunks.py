from __future__ import annotations

import dataclasses

import pytest

from state.sliding.errors import StateError
from state.sliding.storage.chunks import decode, encode, read_header, read_keys
from state.window_sql import WindowSpec
from tests.state.sliding.oracle import FILTER, Row, plan_of, rows_of

SPEC = WindowSpec("S", "sum", "SIZE", "CARD", 60, 0, FILTER)
PLAN = plan_of(SPEC, WindowSpec("D", "distinct", "KIND", "CARD", 60))
ROWS = rows_of([Row(3_000, 7, SIZE=0.5, KIND="ü"), Row(1_000, None, SIZE=None, KIND=None), Row(2_000, 8)])


def test_a_chunk_holds_what_the_windows_read_and_no_more() -> None:
    rows = decode(PLAN, encode(PLAN, ROWS, 3_000))
    assert rows.times.tolist() == [3_000, 1_000, 2_000]
    assert rows.key.nulls is not None
    assert rows.key.nulls.tolist() == [False, True, False]
    assert sorted(rows.fields) == ["KIND", "SIZE"]
    assert rows.fields["KIND"].values.tolist() == ["ü", "", "a"]
    assert rows.passes[FILTER].tolist() == [False, False, True]


def test_the_header_is_read_without_the_windows() -> None:
    header = read_header(encode(PLAN, ROWS, 4_000, level=2))
    assert dataclasses.astuple(header) == (2, 3, 1_000, 3_000, 4_000, PLAN.layout, "integer")


def test_keys_are_read_without_the_windows() -> None:
    keys = read_keys(encode(PLAN, ROWS, 4_000))
    assert keys.values.tolist() == [7, 0, 8]
    assert keys.nulls is not None
    assert keys.nulls.tolist() == [False, True, False]


def test_windows_may_change_where_their_fields_stay() -> None:
    longer = plan_of(dataclasses.replace(SPEC, window_s=600, function="avg"), PLAN.specs[1])
    assert decode(longer, encode(PLAN, ROWS, 3_000)).times.tolist() == ROWS.times.tolist()


@pytest.mark.parametrize(
    "other",
    [
        plan_of(SPEC),
        plan_of(dataclasses.replace(SPEC, filter=None), PLAN.specs[1]),
        plan_of(SPEC, PLAN.specs[1], key_kind="double"),
    ],
    ids=["fewer fields", "no filter", "key of another type"],
)
def test_a_chunk_of_other_fields_is_refused(other: object) -> None:
    with pytest.raises(StateError, match=r"expected fields SIZE, KIND and filters KIND = 'a', got a chunk of others"):
        decode(PLAN, encode(other, ROWS, 3_000))  # type: ignore[arg-type]


def test_another_version_is_refused() -> None:
    data = b"\x01" + encode(PLAN, ROWS, 3_000)[1:]
    with pytest.raises(StateError, match="expected a chunk of format 2, got format 1"):
        decode(PLAN, data)


@pytest.mark.parametrize("left", [1, 20, 45, -1])
def test_a_chunk_that_is_cut_off_is_refused(left: int) -> None:
    with pytest.raises(StateError, match=r"expected a (whole )?chunk of"):
        decode(PLAN, encode(PLAN, ROWS, 3_000)[:left])


def test_bytes_behind_a_chunk_are_refused() -> None:
    with pytest.raises(StateError, match="expected a chunk of 3 rows, got other bytes"):
        decode(PLAN, encode(PLAN, ROWS, 3_000) + b"\0")

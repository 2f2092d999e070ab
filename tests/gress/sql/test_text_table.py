"""Rows as aligned text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gress.sql.text_table import Later, TextTable, cell_text, cut, width


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(None, "NULL", id="nothing"),
        pytest.param(True, "TRUE", id="true"),
        pytest.param(0.1, "0.1", id="double"),
        pytest.param(Decimal("1.50"), "1.50", id="decimal"),
        pytest.param(bytearray(b"\x00A"), "x'0041'", id="bytes"),
        pytest.param(dt.datetime(2020, 1, 2, 3, 4, 5, 6000), "2020-01-02 03:04:05.006000", id="timestamp"),  # noqa: DTZ001
        pytest.param(dt.date(2020, 1, 2), "2020-01-02", id="date"),
        pytest.param((1, ("a", None)), "(1, (a, NULL))", id="nested rows"),
        pytest.param(dict.fromkeys([1, "b"]).keys(), "(1, b)", id="row of Flink's own type"),
        pytest.param([[1.5], []], "[[1.5], []]", id="arrays"),
        pytest.param({"a": False}, "{a=FALSE}", id="map"),
        pytest.param("a\r\nb", "a\\r\\nb", id="line breaks"),
    ],
)
def test_each_type_has_its_text(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_columns_of_numbers_stand_to_the_right_with_their_name_and_nothing_and_texts_to_the_left() -> None:
    rows = [(7, "a", Decimal("1.50")), (1234, "bcdef", None), (None, "", Decimal(10))]
    assert TextTable(["n", "text", "d"], {0, 2}).block(rows) == [
        "   n  text      d",
        "----  -----  ----",
        "   7  a      1.50",
        "1234  bcdef  NULL",
        "NULL           10",
    ]


def test_later_blocks_have_no_head_and_keep_the_widths_of_earlier_ones() -> None:
    table = TextTable(["a", "b"])
    table.block([("wide", 1)])
    assert table.block([("x", 2)]) == ["x     2"]
    assert table.block([("widest", 3)]) == ["widest  3"]
    assert table.block([("y", 4)]) == ["y       4"]


@pytest.mark.parametrize(
    ("later", "lines"),
    [("cut", ["wid…  123456  z", "漢…   1       z"]), ("keep", ["widest  123456  z", "漢字漢  1       z"])],
)
def test_columns_of_a_result_that_ends_are_as_wide_as_those_of_its_first_block(later: Later, lines: list[str]) -> None:
    table = TextTable(["a", "n", "b"], (), later)
    table.block([("wide", 123456, "x")])
    assert table.block([("widest", 123456, "z"), ("漢字漢", 1, "z")]) == lines
    assert table.block([("y", 4, "z")]) == ["y     4       z"]


@pytest.mark.parametrize("later", ["cut", "keep"])
def test_numbers_are_never_cut(later: Later) -> None:
    table = TextTable(["n"], {0}, later)
    table.block([(1,)])
    assert table.block([(123,)]) == ["123"]


@given(st.text("ab漢e\u0301", max_size=9), st.integers(1, 9))
def test_a_text_that_is_cut_fits_and_begins_as_before(text: str, room: int) -> None:
    found = cut(text, room)
    assert width(found) <= room
    assert text == found or (found.endswith("…") and text.startswith(found[:-1]))


def test_wide_letters_take_two_places_and_marks_none() -> None:
    assert (width("漢字"), width("e\u0301")) == (4, 1)
    lines = TextTable(["k", "v"]).block([("漢字", "x"), ("abcd", "y")])
    assert lines[2:] == ["漢字  x", "abcd  y"]


@given(st.lists(st.tuples(st.text("ab漢 ", max_size=9), st.integers(), st.text("xy", min_size=1)), max_size=9))
def test_last_cell_of_every_row_begins_in_the_same_place(rows: list[tuple[str, int, str]]) -> None:
    lines = TextTable(["first", "second", "z"]).block(rows)
    starts = {width(line) - len(row[2]) for line, row in zip(lines[2:], rows, strict=True)}
    assert starts <= {width(lines[0]) - 1}


def test_a_cell_steers_no_terminal() -> None:
    assert cell_text(["a\x1b[31m\r\n", {"\x9b": 1}]) == r"[a\x1b[31m\r\n, {\x9b=1}]"


def test_a_long_text_does_not_widen_all_rows_without_bound() -> None:
    lines = TextTable(["a", "b"]).block([("x" * 1_000_000, 1), ("y", 2)])
    assert max(map(len, lines)) == len("x" * 10_000 + "...  1")

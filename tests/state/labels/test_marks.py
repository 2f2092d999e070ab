"""Marks tell the latest watermark that has judged a piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.labels.marks import Marks
from state.sliding.codes import LEAST
from state.sliding.errors import StateError


@given(watermarks=st.lists(st.tuples(st.integers(1, 3), st.integers(-5, 5)), max_size=12))
def test_watermark_of_a_piece_is_the_latest_that_came_after_it(watermarks: list[tuple[int, int]]) -> None:
    marks, judged, until = Marks(), list[tuple[int, int]](), 0
    for step, watermark in watermarks:
        until += step
        marks.add(until, watermark)
        judged.append((until, watermark))
    read = Marks.decode(marks.encode())
    for number in range(until + 2):
        wanted = max((watermark for end, watermark in judged if number < end), default=LEAST)
        assert read.watermark_of(number) == marks.watermark_of(number) == wanted
    assert read.until == until


def test_watermarks_that_only_grow_make_one_mark() -> None:
    marks = Marks()
    sizes = set()
    for number in range(100):
        marks.add(number, number)
        sizes.add(len(marks.encode()))
    assert len(sizes) == 1


def test_other_version_is_refused() -> None:
    data = Marks().encode()
    with pytest.raises(StateError, match="expected marks of format 1, got format 9; use their own release"):
        Marks.decode(b"\x09" + data[1:])

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.learning.hashing.touched_columns import TouchedColumns

STEPS = st.lists(
    st.one_of(
        st.lists(st.integers(0, 19), max_size=5).map(lambda columns: ("mark", columns)),
        st.just(("offer", [])),
        st.just(("confirm", [])),
        st.just(("restore", [])),
    ),
    max_size=25,
)


@given(STEPS)
def test_no_change_is_lost_and_none_is_sent_twice_without_need(steps: list[tuple[str, list[int]]]) -> None:
    touched, changed, under_way = TouchedColumns(20), set[int](), set[int]()
    for step, columns in steps:
        if step == "mark":
            touched.mark(np.array(columns, np.int64))
            changed |= set(columns)
        elif step == "offer":
            under_way |= changed
            changed = set()
            assert touched.offer().tolist() == sorted(under_way)
        elif step == "confirm":
            touched.confirm()
            under_way = set()
        else:
            again = TouchedColumns(20)
            again.restore(touched.to_bytes())
            touched = again
    assert set(touched.offer().tolist()) == changed | under_way


def test_state_is_two_bits_a_column() -> None:
    assert len(TouchedColumns(2**18).to_bytes()) == 2**18 // 4 + 22


def test_state_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="touched columns: expected 8 columns, got 9; publish all of them once"):
        TouchedColumns(8).restore(TouchedColumns(9).to_bytes())

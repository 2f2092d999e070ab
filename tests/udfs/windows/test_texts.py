from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.windows.texts import Texts

VALUES = st.lists(st.none() | st.text(max_size=5), max_size=12)


@given(values=VALUES, data=st.data())
def test_values_at_places_are_those_of_a_list(values: list[str | None], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=20) if values else st.just([]))
    taken = Texts.of(values).take(np.array(places, dtype=np.int64))
    assert taken.tolist() == [values[place] for place in places]


@given(parts=st.lists(VALUES, min_size=1, max_size=4))
def test_parts_come_one_after_the_other(parts: list[list[str | None]]) -> None:
    joined = Texts.concatenate([Texts.of(part) for part in parts])
    assert joined.tolist() == [value for part in parts for value in part]


@pytest.mark.parametrize("values", [[b"\xff\xfe", None, b""], [b""], []])
def test_bytes_that_are_no_text_stay_as_they_are(values: list[bytes | None]) -> None:
    assert Texts.of(values).tolist(is_text=False) == values

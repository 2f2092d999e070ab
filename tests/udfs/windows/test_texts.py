from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.windows.arrow_texts import objects_of, texts_of
from udfs.windows.texts import Texts

VALUES = st.lists(st.none() | st.text(max_size=5), max_size=12)


def of(values: list[str | None]) -> Texts:
    return texts_of(np.array([*values, None], dtype=object)[:-1], is_text=True)


@given(values=VALUES, data=st.data())
def test_values_at_places_are_those_of_a_list(values: list[str | None], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=20) if values else st.just([]))
    taken = of(values).take(np.array(places, dtype=np.int64))
    assert taken.tolist() == [values[place] for place in places]


@given(values=VALUES, data=st.data())
def test_values_between_places_are_those_of_a_list(values: list[str | None], data: st.DataObject) -> None:
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(values))] * 2)))
    assert of(values).part(begin, end).tolist() == values[begin:end]


@given(values=VALUES)
def test_arrow_and_python_read_the_same(values: list[str | None]) -> None:
    assert of(values).tolist() == objects_of(of(values), is_text=True).tolist() == values


@pytest.mark.parametrize("values", [[b"\xff\xfe", None, b""], [b""], []])
def test_bytes_that_are_no_text_stay_as_they_are(values: list[bytes | None]) -> None:
    texts = texts_of(np.array([*values, None], dtype=object)[:-1], is_text=False)
    assert texts.tolist(is_text=False) == objects_of(texts, is_text=False).tolist() == values

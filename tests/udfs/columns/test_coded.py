from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.columns.coded import Coded, as_column, objects
from udfs.columns.scatter import scatter

TEXTS = ("a", None, "c")
NUMBERS = (0.5, float("nan"))
CODES = st.lists(st.integers(0, 2), max_size=8).map(lambda codes: np.array(codes, np.int8))


@given(codes=CODES)
def test_column_is_read_as_the_values_of_its_codes(codes: np.ndarray) -> None:
    column, plain = Coded(codes, TEXTS), [TEXTS[code] for code in codes.tolist()]
    assert len(column) == len(plain)
    assert list(column) == plain
    assert np.asarray(column).tolist() == plain
    assert np.asarray(column).dtype == object
    assert [column[row] for row in range(len(plain))] == plain
    assert [column[row] for row in np.arange(len(plain))] == plain


def test_texts_are_objects_where_each_row_has_one() -> None:
    found = np.asarray(Coded(np.array([1, 0], np.int8), ("a", "long")))
    assert found.dtype == object
    assert found.tolist() == ["long", "a"]


@given(codes=CODES, data=st.data())
def test_some_rows_of_a_column_are_a_column(codes: np.ndarray, data: st.DataObject) -> None:
    column, plain = Coded(codes, TEXTS), objects([TEXTS[code] for code in codes.tolist()])
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(codes), max_size=len(codes))), np.bool_)
    for rows in (mask, np.flatnonzero(mask)[::-1], slice(1, None, 2)):
        part = column[rows]
        assert isinstance(part, Coded)
        assert list(part) == plain[rows].tolist()


def test_row_that_is_not_there_is_refused_as_in_a_list() -> None:
    with pytest.raises(IndexError):
        Coded(np.array([0, 1], np.int8), TEXTS)[2]


def test_numbers_are_doubles_and_stay_nan() -> None:
    found = np.asarray(Coded(np.array([0, 1, 0], np.int8), NUMBERS))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [0.5, np.nan, 0.5])


@pytest.mark.parametrize(("values", "kind"), [(NUMBERS, object), (NUMBERS, np.float32), (TEXTS, "U1")], ids=str)
def test_kind_of_values_can_be_asked_for(values: tuple[Any, ...], kind: Any) -> None:
    assert np.asarray(Coded(np.array([0, 0], np.int8), values), kind).dtype == np.dtype(kind)


def test_column_goes_to_places_as_an_array_does() -> None:
    column = Coded(np.array([1, 0], np.int8), TEXTS)
    assert scatter(column, np.array([0, 2]), 4).tolist() == [None, None, "a", None]
    assert scatter(column, None, 2) is column


def test_column_of_codes_is_left_as_it_is_where_a_mask_is_to_be_put_to_it() -> None:
    column = Coded(np.array([0], np.int8), TEXTS)
    assert as_column(column) is column
    assert as_column(["a", "b"]).tolist() == ["a", "b"]


@pytest.mark.parametrize("values", [[], ["a", None], [[1, 2], [3, 4]], [np.zeros(2), np.ones(2)]], ids=str)
def test_objects_are_kept_as_what_they_are(values: list[Any]) -> None:
    found = objects(values)
    assert (found.dtype, found.shape) == (np.dtype(object), (len(values),))
    assert all(left is right for left, right in zip(found, values, strict=True))

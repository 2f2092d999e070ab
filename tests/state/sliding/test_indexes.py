from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.sliding.indexes import CodeIndex, KeyIndex, TextIndex
from state.sliding.rows import Column

CODES = st.one_of(st.integers(0, 20), st.integers(-(2**63), 2**63 - 1))
PAIRS = st.tuples(st.integers(0, 4), CODES)


@given(st.lists(st.lists(PAIRS, max_size=40), max_size=6), st.data())
def test_tuples_are_numbered_as_a_dictionary_would(batches: list[list[tuple[int, int]]], data: st.DataObject) -> None:
    index, numbers = CodeIndex(words=2), {}
    for batch in batches:
        words = np.array(batch, np.int64).reshape(-1, 2).T.copy()
        for pair, number in zip(batch, index.numbers(*words).tolist(), strict=True):
            assert numbers.setdefault(pair, number) == number
        assert len(index) == len(numbers)
        assert sorted(numbers.values()) == list(range(len(numbers)))
        by_number = sorted(numbers, key=numbers.__getitem__)
        kept = sorted(data.draw(st.sets(st.sampled_from(range(len(numbers)))))) if numbers else []
        index.keep(np.array(kept, np.int64))
        numbers = {by_number[number]: place for place, number in enumerate(kept)}


@pytest.mark.parametrize(
    "codes",
    [np.arange(300_000), np.arange(300_000) << 40, np.arange(300_000) * -4096, np.arange(300_000.0).view(np.int64)],
    ids=["dense", "high bits", "steps", "doubles"],
)
def test_many_codes_with_a_pattern_are_found_again(codes: np.ndarray) -> None:
    index = CodeIndex()
    first = index.numbers(codes)
    assert sorted(first.tolist()) == list(range(len(codes)))
    assert index.numbers(codes[::-1].copy()).tolist() == first[::-1].tolist()
    index.keep(np.arange(0, len(codes), 3))
    assert sorted(index.numbers(codes[first % 3 == 0]).tolist()) == list(range(100_000))
    assert len(index) == 100_000


def test_texts_keep_their_numbers() -> None:
    index = TextIndex()
    assert index.numbers(np.array(["b", "a", "b", None], object)).tolist() == [0, 1, 0, 2]
    index.keep(np.array([1, 2]))
    assert index.numbers(np.array(["b", "a", None], object)).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    "values",
    [np.array([5, 7, 5, 9]), np.array([0.5, -0.0, 0.5, 0.0]), np.array(["a", "b", "a", "c"], object)],
    ids=["integers", "doubles", "texts"],
)
def test_null_is_number_zero_and_stays(values: np.ndarray) -> None:
    index = KeyIndex(is_text=values.dtype == object)
    nulls = np.array([False, True, False, False])
    first, null, again, other = index.numbers(Column(values, nulls)).tolist()
    assert (first, null, other) in {(1, 0, 2), (2, 0, 1)}
    assert again == first
    index.keep(np.array([0, other]))
    assert index.numbers(Column(values, nulls)).tolist() == [2, 0, 2, 1]
    assert len(index) == 3

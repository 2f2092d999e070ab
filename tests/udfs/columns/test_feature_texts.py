"""Features as texts: what is written reads back, bit by bit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from udfs.columns.feature_texts import feature_texts, features_of

MATRICES = arrays.arrays(
    np.float32, st.tuples(st.integers(0, 4), st.integers(1, 3)), elements=st.floats(width=32, allow_nan=True)
)


@given(MATRICES)
def test_what_is_written_reads_back(matrix: np.ndarray) -> None:  # type: ignore[type-arg]
    texts = feature_texts(matrix)
    found = features_of(texts.tolist(), matrix.shape[1])
    np.testing.assert_array_equal(found, matrix)
    assert [[None if np.isnan(value) else float(value) for value in row] for row in matrix] == [
        [None if value is None else float(np.float32(value)) for value in json.loads(text)] for text in texts
    ]


def test_numbers_have_their_shortest_text() -> None:
    matrix = np.array([[0.1, 16777216.0, -0.0], [1e-30, 3.4e38, np.nan]])
    assert feature_texts(matrix).tolist() == ["[0.1,16777216,-0]", "[1e-30,3.4e+38,null]"]


@pytest.mark.parametrize("text", ["[1]", "[1,2,3]", "7"])
def test_a_text_of_other_features_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected 2 features, got "):
        features_of(["[1,2]", text], 2)


def test_a_text_of_two_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an array of each of 2 rows, got 3"):
        features_of(["[1,2]", "[3,4],[5,6]"], 2)

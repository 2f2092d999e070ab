from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.errors import ModelError
from models.runtimes.input_slot import InputSlot
from models.spec import TensorSpec


def slot(dtype: str, *shape: int | None) -> InputSlot:
    return InputSlot(TensorSpec(name="x", dtype=dtype, shape=shape), "model m@1.0.0")


def test_fitting_array_is_not_copied() -> None:
    array = np.zeros((3, 4), np.float32)
    assert slot("float32", None, 4).conform(array) is array
    assert np.shares_memory(slot("float32", None, None).conform(array), array)
    assert np.shares_memory(slot("float32").conform(array), array)


@pytest.mark.parametrize(
    ("shape", "given_shape", "want"),
    [
        ((None, 1), (3,), (3, 1)),
        ((None, None), (3,), (3, 1)),
        ((None,), (3, 1), (3,)),
        ((8, 2), (3, 2), (3, 2)),
    ],
)
def test_column_takes_either_form(
    shape: tuple[int | None, ...], given_shape: tuple[int, ...], want: tuple[int, ...]
) -> None:
    assert slot("float32", *shape).conform(np.zeros(given_shape)).shape == want


@pytest.mark.parametrize(
    ("dtype", "values", "text"),
    [
        ("int32", np.array([[1.0], [2.5]]), r"'x' int32 \(n, 1\), got 2\.5 \(row 1\), which does not fit"),
        ("int64", np.array([[np.nan]]), r"got nan \(row 0\)"),
        ("int64", np.array([[2**63]], np.uint64), r"got 9223372036854775808 \(row 0\)"),
        ("uint64", np.array([[-1]]), r"got -1 \(row 0\)"),
        ("int8", np.array([[127], [128]]), r"got 128 \(row 1\)"),
        ("bool", np.array([[1], [2]]), r"got 2 \(row 1\)"),
        ("float32", np.array([[1.0], [1e300]]), r"got 1e\+300 \(row 1\)"),
        ("float16", np.array([[70000]]), r"got 70000 \(row 0\)"),
        ("float32", np.array([["a"]], object), r"got object; give it numbers"),
        ("float32", np.array([["2020-01-01"]], "M8[s]"), r"got datetime64\[s\]; give it numbers"),
        ("float32", np.array([[1j]]), r"got complex128; give it numbers"),
        ("string", np.array([[1.0]]), r"'x' string \(n, 1\), got float64; give it text"),
        ("float32", np.zeros((2, 3)), r"'x' float32 \(n, 1\), got float64 \(2, 3\)"),
        ("float32", np.float64(1), r"got float64 \(\)"),
    ],
)
def test_value_that_does_not_fit_is_shown(dtype: str, values: Any, text: str) -> None:
    with pytest.raises(ModelError, match=rf"model m@1\.0\.0 wants input .*{text}"):
        slot(dtype, None, 1).conform(values)


def test_floats_keep_nan_and_infinity() -> None:
    got = slot("float32", None).conform(np.array([np.nan, np.inf, -np.inf, 0.1]))
    assert np.array_equal(got, np.array([np.nan, np.inf, -np.inf, 0.1], np.float32), equal_nan=True)


def test_text_has_no_null() -> None:
    assert slot("string", None).conform(np.array(["a", None, ""], object)).tolist() == ["a", "", ""]
    assert slot("string", None).conform(np.array(["a", "b"])).dtype == object


@given(
    hnp.arrays(
        st.sampled_from(["int8", "uint8", "int16", "int64", "uint64", "float32", "float64", "bool"]),
        st.integers(0, 9),
    ),
    st.sampled_from(["int8", "uint8", "int32", "int64", "uint64", "bool"]),
)
def test_integers_are_exact_or_refused(array: np.ndarray, dtype: str) -> None:
    try:
        got = slot(dtype, None).conform(array)
    except ModelError:
        got = None
    limits = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    values = array.tolist()
    fits = all(
        v == v and abs(v) != np.inf and v == int(v) and limits[0] <= int(v) <= limits[1] for v in values
    )
    assert (got is not None) == fits
    if got is not None:
        assert got.dtype == dtype
        assert [int(v) for v in got.tolist()] == [int(v) for v in values]

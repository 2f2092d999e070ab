from __future__ import annotations

import numpy as np

from udfs.windows.arrays import array_columns, arrays, row_expressions

ROWS = (("n", "BIGINT"), ("x", "DOUBLE"), ("t", "STRING"), ("v", "ARRAY<DOUBLE>"))


def test_columns_become_arrays_and_arrays_lie_end_to_end() -> None:
    assert array_columns(ROWS) == (
        ("__index", "ARRAY<INT>"),
        ("n", "ARRAY<BIGINT>"),
        ("x", "ARRAY<DOUBLE>"),
        ("t", "ARRAY<STRING>"),
        ("v", "ARRAY<DOUBLE>"),
        ("__width_v", "INT"),
    )
    values = {
        "n": np.array([1.0, np.nan]),
        "x": np.array([np.nan, 2.5]),
        "t": np.array(["a", None], dtype=object),
        "v": [np.array([0.25, 0.75]), None],
    }
    made = arrays(ROWS, values, 2)
    assert made["__index"].tolist() == [1, 2]
    assert made["n"].tolist() == [1, None]
    assert made["x"].tolist() == [None, 2.5]
    assert made["t"].tolist() == ["a", None]
    assert made["__width_v"] == 2
    np.testing.assert_array_equal(made["v"], [0.25, 0.75, np.nan, np.nan])


def test_whole_numbers_without_nulls_stay_exact() -> None:
    made = arrays((("n", "BIGINT"),), {"n": np.array([2**53 + 1])}, 1)
    assert made["n"].tolist() == [2**53 + 1]


def test_rows_without_arrays_of_their_own_have_no_width_to_cut_by() -> None:
    made = arrays((("v", "ARRAY<DOUBLE>"),), {"v": [None, None]}, 2)
    assert (made["v"], made["__width_v"]) == (None, 0)
    (text,) = row_expressions((("v", "ARRAY<DOUBLE>"),))
    assert text.startswith("CASE WHEN `__width_v` > 0")

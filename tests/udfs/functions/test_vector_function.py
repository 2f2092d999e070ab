from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from udfs.functions.vector_function import row_type, single_value


@pytest.mark.parametrize(
    ("value", "kind", "dtype"),
    [
        (2**62, "BIGINT", np.int64),
        (0.5, "DOUBLE", np.float64),
        ("x", "STRING", object),
        (None, "STRING", object),
    ],
)
def test_value_becomes_a_column_of_one_row(value: Any, kind: str, dtype: Any) -> None:
    column = single_value(value, kind)
    assert column.dtype == dtype
    assert column.tolist() == [value]


@pytest.mark.parametrize("kind", ["BIGINT", "DOUBLE"])
def test_no_number_is_nan(kind: str) -> None:
    assert np.isnan(single_value(None, kind)).tolist() == [True]


def test_row_type_quotes_names() -> None:
    assert row_type((("a b", "DOUBLE"),)) == "ROW<`a b` DOUBLE>"

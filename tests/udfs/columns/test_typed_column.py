"""A column is read in the type of its field, or refused with the first value that is none of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from udfs.columns.typed_column import of_type
from udfs.features.errors import FeatureError

NAN = np.nan


def objects(*values: Any) -> np.ndarray:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        pytest.param("double", objects(1, None, 2.5), [1.0, NAN, 2.5], id="numbers"),
        pytest.param("decimal", objects(Decimal("1.25"), None), [1.25, NAN], id="decimals"),
        pytest.param("boolean", objects(True, None, False), [1.0, NAN, 0.0], id="booleans"),
    ],
)
def test_objects_become_numbers(kind: str, values: np.ndarray, wanted: list[float]) -> None:
    found = of_type("x", values, kind)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, wanted)


def test_texts_without_any_value_are_absent() -> None:
    assert of_type("x", np.array([NAN, NAN]), "string").tolist() == [None, None]


@pytest.mark.parametrize(
    ("kind", "values", "error"),
    [
        pytest.param("double", objects(1, "2"), "expected a number in column 'x', got '2' in row 1", id="text"),
        pytest.param(
            "double", objects(1, None, [3]), r"expected a number in column 'x', got \[3\] in row 2", id="list"
        ),
        pytest.param("double", objects(1, 10**400), "expected a number in column 'x', got 1000.* in row 1", id="huge"),
        pytest.param("string", np.array([NAN, 7.0]), "expected text in column 'x', got .*7.0.* in row 1", id="number"),
        pytest.param(
            "double",
            np.array(["2024-01-01"], "datetime64[ns]"),
            "expected numbers in column 'x', got times; only a field of type timestamp has times",
            id="times",
        ),
        pytest.param("string", np.array([7, 8]), "expected text in column 'x', got .*7.* in row 0", id="whole number"),
    ],
)
def test_value_of_another_type_is_refused(kind: str, values: np.ndarray, error: str) -> None:
    with pytest.raises(FeatureError, match=error):
        of_type("x", values, kind)

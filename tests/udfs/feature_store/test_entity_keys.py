"""Names of entities: one for each whole number and text, however a column holds it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.feature_store.entity_keys import EntityKeys

NAN = float("nan")


def objects(*values: Any) -> np.ndarray[Any, Any]:
    return np.fromiter(values, object, len(values))


@pytest.mark.parametrize(
    ("column", "names"),
    [
        (np.array([7, -1, 7]), ["7", "-1", "7"]),
        (np.array([7.0, NAN, -0.0, NAN]), ["7", None, "0", None]),
        (np.array([7.5, np.inf, 7.0]), [None, None, "7"]),
        (np.array([2**64 - 1], np.uint64), ["18446744073709551615"]),
        (np.array([True, False]), ["1", "0"]),
        (np.array(["c1", "7"]), ["c1", "7"]),
        (objects("c1", None, "é ", ""), ["c1", None, "é ", ""]),
        (objects(2**53 + 1, None, 2**70), ["9007199254740993", None, str(2**70)]),
        (objects("7", 7.0, 7, np.int64(7), np.float64(7)), ["7"] * 5),
        (objects("7", NAN, np.inf, 7.5, pd.NA, pd.NaT, b"7"), ["7", *[None] * 6]),
        (objects(), []),
        (np.array([]), []),
    ],
    ids=[
        "whole", "with nulls", "fractions", "unsigned", "flags", "fixed texts", "texts", "exact", "one entity",
        "no entities", "nothing", "no numbers",
    ],
)  # fmt: skip
def test_an_entity_has_one_name(column: np.ndarray[Any, Any], names: list[str | None]) -> None:
    keys = EntityKeys.of(column)
    assert keys.names == names
    assert sorted(keys.distinct) == sorted({name for name in names if name is not None})


@given(st.lists(st.none() | st.integers(-3, 3) | st.sampled_from(["1", "-1", "x"]) | st.floats(-2, 2), max_size=20))
def test_a_column_of_anything_is_named_row_by_row(values: list[Any]) -> None:
    def name(value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return f"{value:.0f}".replace("-0", "0") if value % 1 == 0 else None

    assert EntityKeys.of(objects(*values)).names == [name(value) for value in values]

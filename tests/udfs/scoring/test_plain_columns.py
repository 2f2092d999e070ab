"""A table of any library gives the columns that features read, and so the same predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.scoring.event_fields import EventFields
from udfs.scoring.plain_columns import plain_columns

TIMES = ["2024-01-01T05:00:00Z", "2024-01-01T06:00:00.250Z", None]
FRAME = pd.DataFrame(
    {
        "at": pd.to_datetime(TIMES, format="ISO8601"),
        "naive": pd.to_datetime(TIMES, format="ISO8601").tz_localize(None),
        "flag": [True, False, True],
        "text": ["DE", None, "PL"],
        "whole": pd.array([1, None, 3], dtype="Int64"),
        "amount": [1.5, np.nan, 2.0],
        "kind": pd.Categorical(["a", "b", None]),
    }
)
MS = [1_704_085_200_000, 1_704_088_800_250, np.nan]
WANTED = {
    "at": MS,
    "naive": MS,
    "flag": [1.0, 0.0, 1.0],
    "text": ["DE", None, "PL"],
    "whole": [1.0, np.nan, 3.0],
    "amount": [1.5, np.nan, 2.0],
    "kind": ["a", "b", None],
}
FIELDS = EventFields({"at": "timestamp", "naive": "timestamp", "text": "string", "kind": "string", "b": "string"})
ARROW = pa.Table.from_pandas(FRAME.drop(columns="kind"))
ARRAYS = {name: FRAME[name].to_numpy() for name in ("naive", "flag", "text", "amount")}
LISTS = {"flag": [True, False, True], "text": ["DE", None, "PL"], "amount": [1.5, np.nan, 2.0]}


@pytest.mark.parametrize("table", [FRAME, ARROW, ARRAYS, LISTS], ids=["pandas", "arrow", "numpy", "lists"])
def test_columns_are_those_that_features_read(table: Any) -> None:
    found = plain_columns(table, WANTED, FIELDS)
    assert set(found) == set(getattr(table, "column_names", table))
    for name, values in found.items():
        assert isinstance(values, np.ndarray)
        if values.dtype == object:
            assert values.tolist() == WANTED[name]
        else:
            np.testing.assert_array_equal(values, np.array(WANTED[name]))


def test_texts_of_numpy_become_python_s() -> None:
    assert plain_columns({"text": np.array(["DE", "PL"])}, ["text"], FIELDS)["text"].dtype == object


def test_plain_arrays_are_not_copied() -> None:
    given = {"a": np.ones(2), "b": np.array(["x", None], dtype=object), "c": np.arange(2)}
    assert all(found is given[name] for name, found in plain_columns(given, given, FIELDS).items())

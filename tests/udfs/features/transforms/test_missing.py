from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("country", np.array(["", None, "FR"], dtype=object)),
        ("amount", np.array([0.0, np.nan, np.inf])),
        ("visits", np.array([0, 1])),
        ("flag", np.array([True, False])),
    ],
    ids=["text", "double", "whole", "boolean"],
)
def test_indicator_equals_pandas_isna(compute, source, values) -> None:
    np.testing.assert_array_equal(compute("missing", {source: values}, source)[:, 0], pd.isna(values))

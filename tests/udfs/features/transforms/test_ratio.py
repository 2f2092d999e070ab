from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

COLUMNS = {"amount": np.array([6.0, 1.0, np.nan, 0.0, 5.0]), "other": np.array([4.0, 0.0, 2.0, 0.0, np.nan])}


def test_quotient_equals_pandas_and_zero_denominator_is_nan(compute) -> None:
    golden = pd.Series(COLUMNS["amount"]).div(pd.Series(COLUMNS["other"])).replace([np.inf, -np.inf], np.nan)
    result = compute("ratio", COLUMNS, numerator="amount", denominator="other")[:, 0]
    np.testing.assert_array_equal(result, golden)


def test_default_stands_in_for_what_cannot_be_divided(compute) -> None:
    result = compute("ratio", COLUMNS, numerator="amount", denominator="other", default=1)[:, 0]
    assert result.tolist() == [1.5, 1.0, 1.0, 1.0, 1.0]


def test_denominator_is_required(build) -> None:
    with pytest.raises(ValueError, match="denominator: a text, got 'numerator'; add denominator"):
        build("ratio", numerator="amount")

from __future__ import annotations

import numpy as np
import pytest


def test_numbers_are_subtracted_and_null_is_nan(compute) -> None:
    columns = {"amount": np.array([5.0, np.nan]), "visits": np.array([7, 1])}
    result = compute("difference", columns, minuend="amount", subtrahend="visits")[:, 0]
    np.testing.assert_array_equal(result, [-2.0, np.nan])
    assert compute("difference", columns, minuend="amount", subtrahend="visits", absolute=True)[0, 0] == 2.0


def test_instants_are_apart_in_seconds(compute) -> None:
    columns = {"at": np.array([1_500_000_001_500])}
    assert compute("difference", columns, minuend="at", subtrahend="at")[0, 0] == 0.0


def test_number_less_instant_is_refused(build) -> None:
    with pytest.raises(ValueError, match="a column of type timestamp, got 'amount' of type double"):
        build("difference", minuend="at", subtrahend="amount")

from __future__ import annotations

import numpy as np
import pytest

AMOUNTS = np.array([-1.0, 0.0, 9.99, 10.0, 50.0, 1e9, np.nan])
BOUNDARIES = [0, 10, 50]


def test_bins_equal_numpy_digitize_and_null_is_nan(compute) -> None:
    result = compute("bucket", {"amount": AMOUNTS}, "amount", boundaries=BOUNDARIES)[:, 0]
    np.testing.assert_array_equal(result[:-1], np.digitize(AMOUNTS[:-1], BOUNDARIES))
    assert np.isnan(result[-1])


def test_onehot_marks_the_bin_and_nothing_for_null(build, compute) -> None:
    result = compute("bucket", {"amount": AMOUNTS}, "amount", boundaries=BOUNDARIES, onehot=True)
    golden = np.vstack([np.eye(4)[np.digitize(AMOUNTS[:-1], BOUNDARIES)], np.zeros(4)])
    np.testing.assert_array_equal(result, golden)
    assert build("bucket", "amount", boundaries=[1], onehot=True).columns == ("x_0", "x_1")


@pytest.mark.parametrize("boundaries", [[1, 0], [1, 1]])
def test_boundaries_out_of_order_are_refused(build, boundaries) -> None:
    with pytest.raises(ValueError, match=r"boundaries in rising order, got .*; sort them, each one once"):
        build("bucket", "amount", boundaries=boundaries)

from __future__ import annotations

import numpy as np
import pytest

AMOUNTS = np.array([0.0, 2500.0, 10_000.0, -100.0, 20_000.0, np.nan])


def test_values_equal_the_line_through_both_bounds(compute) -> None:
    golden = np.polyval(np.polyfit([100.0, 10_000.0], [0.0, 1.0], 1), AMOUNTS)
    result = compute("normalize", {"amount": AMOUNTS}, "amount", min=100, max=10_000)
    np.testing.assert_allclose(result[:, 0], golden, atol=1e-12)


def test_clip_holds_values_within_zero_and_one_and_keeps_nan(compute) -> None:
    result = compute("normalize", {"amount": AMOUNTS}, "amount", min=0, max=10_000, clip=True)[:, 0]
    np.testing.assert_array_equal(result, [0.0, 0.25, 1.0, 0.0, 1.0, np.nan])


@pytest.mark.parametrize("high", [5, 4.5])
def test_maximum_not_above_minimum_is_refused(build, high) -> None:
    text = rf"feature 'x' \(normalize\): expected max > min = 5, got {high}; take both from the training data"
    with pytest.raises(ValueError, match=text):
        build("normalize", "amount", min=5, max=high)


def test_missing_bound_is_refused(build) -> None:
    with pytest.raises(ValueError, match="max: a number, got 'min'; add max to the feature's parameters"):
        build("normalize", "amount", min=5)

from __future__ import annotations

import math

import numpy as np
import pytest


def test_columns_are_sine_and_cosine_of_the_share_of_a_round(build, compute) -> None:
    degrees = [0.0, 90.0, 450.0, -90.0, 123.4]
    golden = [[math.sin(math.radians(x)), math.cos(math.radians(x))] for x in degrees]
    result = compute("cyclic", {"amount": np.array(degrees)}, "amount", period=360)
    np.testing.assert_allclose(result, golden, atol=1e-15)
    assert build("cyclic", "amount", period=360).columns == ("x_sin", "x_cos")


def test_start_is_at_angle_zero(compute) -> None:
    result = compute("cyclic", {"visits": np.array([1, 13])}, "visits", period=12, start=1)
    np.testing.assert_allclose(result, [[0.0, 1.0], [0.0, 1.0]], atol=1e-15)


@pytest.mark.parametrize("period", [0, -7])
def test_period_not_above_zero_is_refused(build, period) -> None:
    with pytest.raises(ValueError, match=f"period > 0, got {period}; give the length of one round"):
        build("cyclic", "amount", period=period)

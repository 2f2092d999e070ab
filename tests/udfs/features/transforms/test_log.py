from __future__ import annotations

import math

import numpy as np
import pytest

AMOUNTS = np.array([0.0, 1e-12, 99.0, -1.0, -5.0, np.nan, np.inf])


def test_default_is_log1p_with_nan_from_minus_one_down(compute) -> None:
    golden = [math.log1p(x) if x > -1 else math.nan for x in AMOUNTS.tolist()]
    np.testing.assert_allclose(compute("log", {"amount": AMOUNTS}, "amount")[:, 0], golden, rtol=1e-15)


def test_offset_and_base_equal_the_standard_library(compute) -> None:
    golden = [math.log(x, 10) if x > 0 else math.nan for x in AMOUNTS.tolist()]
    result = compute("log", {"amount": AMOUNTS}, "amount", offset=0, base=10)
    np.testing.assert_allclose(result[:, 0], golden, rtol=1e-14)


def test_values_outside_the_domain_are_counted_and_nulls_are_not(count) -> None:
    assert count("log", {"amount": AMOUNTS}, "amount") == 2
    assert count("log", {"amount": AMOUNTS}, "amount", offset=0) == 3


@pytest.mark.parametrize("base", [0, 1, -2])
def test_base_without_logarithm_is_refused(build, base) -> None:
    with pytest.raises(
        ValueError, match=f"base > 0 and not 1, got {base}; leave it out for the natural logarithm"
    ):
        build("log", "amount", base=base)

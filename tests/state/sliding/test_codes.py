from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.sliding.codes import to_codes, to_doubles, to_whole


def order(value: float) -> tuple[bool, float, float]:
    return (True, 0.0, 0.0) if math.isnan(value) else (False, value, math.copysign(1.0, value))


@given(st.lists(st.floats(), min_size=2))
def test_codes_are_ordered_as_java_orders_doubles(values: list[float]) -> None:
    codes = to_codes(np.array(values)).tolist()
    ranked = sorted(set(map(order, values)))
    by_rank = [code for _, code in sorted({(ranked.index(order(v)), c) for v, c in zip(values, codes, strict=True)})]
    assert by_rank == sorted(set(codes))
    np.testing.assert_array_equal(to_doubles(np.array(codes), is_integer=False), values)


@pytest.mark.parametrize(
    ("value", "scale", "whole"),
    [
        (1.005, 2, 100),
        (2.675, 2, 268),
        (-1.005, 2, -100),
        (0.29, 2, 29),
        (1.9, 0, 1),
        (-1.9, 0, -1),
        (1e30, 2, 2**63 - 1),
        (-1e30, 0, -(2**63)),
        (math.inf, 0, 2**63 - 1),
        (math.nan, 2, 0),
        (9.2e18, 0, 9_200_000_000_000_000_000),
    ],
)
def test_decimals_become_whole_as_sql_casts_them(value: float, scale: int, whole: int) -> None:
    """FLOOR(value * 10**scale + 0.5) or a plain CAST to BIGINT, which cuts off, in Java's arithmetic."""
    assert to_whole(np.array([value]), scale).tolist() == [whole]

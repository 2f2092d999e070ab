"""Exact sums against fractions: the nearest double, whatever the numbers and their order."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.sliding.aggregates.limbs import join, split_doubles, split_squares, split_whole

FINITE = st.floats(allow_nan=False, allow_infinity=False)
# Sums near halves of the last bit, where rounding is decided by digits far below.
TIES = st.builds(
    lambda base, factor: base * factor,
    st.sampled_from([1.0, 1e16, 2.0**-1040, 5e-324, 1e300]),
    st.sampled_from([1.0, -1.0, 1 + 2**-52, 2.0**-53, -(2.0**-53), 2.0**-54, 3 * 2.0**-54, 2.0**-200]),
)
INTEGERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**32), 2**32), st.just(-(2**63)))


def added(limbs: dict[int, np.ndarray]) -> float:
    return float(join({place: limb.sum(keepdims=True) for place, limb in limbs.items()}, 1)[0])


@given(st.lists(st.one_of(FINITE, TIES), min_size=1))
def test_a_sum_of_doubles_is_rounded_once(values: list[float]) -> None:
    exact = sum(map(Fraction, values))
    try:
        nearest = float(exact)
    except OverflowError:
        nearest = math.inf if exact > 0 else -math.inf
    assert added(split_doubles(np.array(values))) == nearest


@given(st.lists(INTEGERS, min_size=1))
def test_a_sum_of_integers_is_rounded_once(values: list[int]) -> None:
    assert added(split_whole(np.array(values, np.int64))) == float(sum(values))


@given(st.lists(INTEGERS, min_size=1))
def test_a_sum_of_squares_is_exact(values: list[int]) -> None:
    assert added(split_squares(np.array(values, np.int64))) == float(sum(value * value for value in values))


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 1.0], -math.inf),
        ([math.inf, -math.inf], math.nan),
        ([math.nan, 1.0], math.nan),
        ([math.nan, math.inf], math.nan),
        ([1.7e308, 1.7e308], math.inf),
        ([1.7e308, 1.7e308, -1.7e308], 1.7e308),
        ([-0.0], 0.0),
        ([1e300, 1.0, -1e300], 1.0),
    ],
)
def test_what_is_no_finite_number_adds_up_as_in_ieee_754(values: list[float], total: float) -> None:
    np.testing.assert_equal(added(split_doubles(np.array(values))), total)


def test_only_limbs_that_are_needed_are_there() -> None:
    assert sorted(split_doubles(np.array([1.0, 3.0, -2.0]))) == [0]
    assert sorted(split_squares(np.array([5, -7]))) == [0]
    assert sorted(split_squares(np.array([5, -70_000]))) == [0, 1]
    assert sorted(split_whole(np.array([-(2**32) + 1, 2**32 - 1]))) == [0]
    assert sorted(split_whole(np.array([5, 2**32]))) == [0, 1]
    assert split_doubles(np.array([0.0])) == {}


def test_a_million_rows_do_not_overflow_a_limb() -> None:
    values = np.full(1_000_000, np.nextafter(1e15, 0))
    assert added(split_doubles(values)) == math.fsum(values.tolist())
    assert added(split_squares(np.full(1_000_000, -(2**63)))) == float(1_000_000 * 2**126)
    assert added(split_whole(np.full(1_000_000, -(2**63)))) == float(-1_000_000 * 2**63)


def test_each_sum_has_its_own_sign_and_size() -> None:
    columns = [[1e-300, -5.0], [2.0**100, 2.0**47], [-3.0, 3.0], [0.1, 0.2]]
    limbs = split_doubles(np.array(columns).ravel())
    sums = {place: limb.reshape(-1, 2).sum(axis=1) for place, limb in limbs.items()}
    assert join(sums, 4).tolist() == [math.fsum(column) for column in columns]

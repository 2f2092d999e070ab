from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from state.experiments.evidence.group_boundary import GroupBoundary
from state.experiments.evidence.sequence import Sequence
from state.experiments.group_sequential import SPENDING

# As in the tests of `group_sequential`.
PUBLISHED = {
    "obrien_fleming": [4.877, 3.357, 2.680, 2.290, 2.031],
    "pocock": [2.438, 2.427, 2.410, 2.397, 2.386],
}


@pytest.mark.parametrize("spending", PUBLISHED)
def test_distance_at_each_look_is_the_published_one(spending: str) -> None:
    boundary = GroupBoundary(spending=spending)
    for look, golden in enumerate(PUBLISHED[spending], 1):
        boundary = boundary.after_look(look * 200, 1000)
        assert boundary.half_width(2.0, 0) == pytest.approx(2 * golden, abs=3e-3)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.5, 6), st.sampled_from([1, 2]), st.sampled_from(sorted(SPENDING)), st.floats(0.01, 0.2))
def test_distance_is_exceeded_exactly_when_p_is_alpha_or_less(
    z: float, sides: int, spending: str, alpha: float
) -> None:
    boundary = GroupBoundary(alpha, spending, sides, (0.3, 0.7))
    half = float(boundary.half_width(1.0, 0))
    p = float(boundary.p_value(z, 1.0, 0))
    if not math.isclose(z, half, rel_tol=1e-6):
        assert (p <= alpha) == (z >= half)
    assert float(boundary.p_value(half, 1.0, 0)) == pytest.approx(alpha, rel=1e-4)


@pytest.mark.parametrize("sides", [1, 2])
def test_p_of_one_look_at_the_end_is_scipys(sides: int) -> None:
    boundary = GroupBoundary(sides=sides).after_look(1000, 1000)
    golden = sides * stats.norm.sf([0.5, 2.0, 5.0])
    assert boundary.p_value([0.5, 2.0, 5.0], 1.0, 1000) == pytest.approx(golden, rel=1e-5)


def test_other_side_counts_with_two_sides_only() -> None:
    ends = [GroupBoundary(sides=sides).after_look(1000, 1000) for sides in (1, 2)]
    golden = [stats.norm.sf(-3.0), 2 * stats.norm.sf(3.0)]
    assert [float(end.p_value(-3.0, 1.0, 0)) for end in ends] == pytest.approx(golden, rel=1e-5)
    assert [Sequence().updated(-3.0, 1.0, 1000, end).sign for end in ends] == [0, -1]


def test_nothing_is_known_before_the_first_look_or_without_a_standard_error() -> None:
    assert GroupBoundary().half_width(1.0, 0) == math.inf
    assert GroupBoundary().p_value(9.0, 1.0, 0) == 1.0
    assert GroupBoundary().after_look(1, 1).half_width([0.0, math.nan], 0).tolist() == [math.inf] * 2
    assert GroupBoundary().after_look(1, 1).p_value(9.0, 0.0, 0) == 1.0


def test_equal_arms_are_told_apart_no_more_often_than_stated() -> None:
    tests, looks = 20_000, 5
    boundary, bounds = GroupBoundary(spending="pocock"), []
    for look in range(1, looks + 1):
        boundary = boundary.after_look(look, looks)
        bounds.append(float(boundary.half_width(1.0, 0)))
    z = np.random.default_rng(0).normal(size=(tests, looks)).cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))
    share = (np.abs(z) >= bounds).any(axis=1).mean()
    assert share == pytest.approx(0.05, abs=3.3 * math.sqrt(0.05 * 0.95 / tests))


def test_packed_and_unpacked_it_has_the_same_looks() -> None:
    boundary = GroupBoundary(spending="pocock").after_look(100, 1000).after_look(300, 1000)
    assert GroupBoundary(spending="pocock").unpack(boundary.pack()) == boundary


def test_refused() -> None:
    with pytest.raises(ValueError, match="spending: expected one of obrien_fleming, pocock, got 'haybittle'"):
        GroupBoundary(spending="haybittle")
    with pytest.raises(ValueError, match="group boundary: expected looks of version 1, got"):
        GroupBoundary().unpack([2.0, 0.5])

"""Arms over rounds with other shares, against formulas written out over rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from state.experiments.bandits.reweighed import compare_reweighed, effective_units, round_weights
from state.experiments.moments import Moments

SHARES = st.lists(st.floats(0.01, 1), min_size=2, max_size=5).map(lambda raw: np.array(raw) / sum(raw))


@given(SHARES)
def test_arms_have_the_same_mix_of_rounds(shares: np.ndarray) -> None:
    # A share p of the rows with weight w each is h, whatever the arm.
    mass = shares * round_weights(shares)
    assert mass == pytest.approx(np.full(len(shares), 1 / (1 / shares).sum()))
    assert ((round_weights(shares) > 0) & (round_weights(shares) <= 1)).all()


def test_arm_without_a_share_has_no_weight_and_changes_no_other() -> None:
    assert round_weights([0.25, 0.0, 0.75]) == pytest.approx([0.75, 0.0, 0.25])
    assert round_weights([0.0, 0.0]).tolist() == [0, 0]
    assert round_weights([0.0, 1.0]).tolist() == [0, 1]


@given(SHARES, SHARES)
def test_no_other_mix_of_two_rounds_tells_more_of_the_differences(first: np.ndarray, second: np.ndarray) -> None:
    size = min(len(first), len(second))
    rounds = [first[:size] / first[:size].sum(), second[:size] / second[:size].sum()]
    of_rounds = [float((1 / shares).sum()) for shares in rounds]  # variance of all arms together in a round

    def variance(mix: float) -> float:
        return mix**2 * of_rounds[0] + (1 - mix) ** 2 * of_rounds[1]

    h = [float((shares * round_weights(shares))[0]) for shares in rounds]
    best = variance(h[0] / sum(h))
    assert all(best <= variance(mix) + 1e-9 for mix in np.linspace(0, 1, 101))


def test_units_of_equal_weight_are_all_effective_and_others_fewer() -> None:
    assert effective_units(Moments.from_units(np.zeros(7), np.full(7, 0.3))) == pytest.approx(7)
    weights = np.array([1.0, 0.5, 0.1])
    assert effective_units(Moments.from_units(np.zeros(3), weights)) == pytest.approx(
        weights.sum() ** 2 / (weights**2).sum()
    )
    assert effective_units(Moments.from_units([])) == 0


def test_even_rounds_are_students_test() -> None:
    rng = np.random.default_rng(3)
    sides = [rng.normal(mean, 1, size) for mean, size in ((1.0, 400), (1.2, 300))]
    found = compare_reweighed(*(Moments.from_units(0.5 * side, np.full(len(side), 0.5)) for side in sides))
    golden = min(abs(stats.ttest_ind(*sides, equal_var=even).statistic) for even in (True, False))
    assert found.difference == pytest.approx(sides[0].mean() - sides[1].mean())
    assert abs(found.difference / found.se) == pytest.approx(golden, rel=1e-9)
    assert found.clock == pytest.approx(700)


def test_few_units_that_are_alike_do_not_make_a_test_sure() -> None:
    many = Moments.from_units(np.resize([0.0, 1.0], 1000), np.ones(1000))
    few = Moments.from_units(np.zeros(4), np.ones(4))
    assert compare_reweighed(few, many).se > 0.24


def test_arm_with_less_than_two_units_has_no_standard_error() -> None:
    other = Moments.from_units([1.0, 2.0], [1.0, 1.0])
    for units in ([], [1.0]):
        assert math.isnan(compare_reweighed(Moments.from_units(units), other).se)

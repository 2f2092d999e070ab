from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from state.experiments.confidence import TwoSided
from state.experiments.difference import difference
from state.experiments.moments import Moments
from state.experiments.strata import combine_strata

STRATUM = st.tuples(st.floats(-5, 5), st.floats(0.01, 5), st.integers(2, 10_000), st.integers(2, 10_000))


@given(st.floats(-5, 5), st.floats(0.01, 5), st.integers(1, 1000), st.integers(1, 1000))
def test_one_stratum_is_the_plain_case_with_the_clock_of_an_even_split(d: float, se: float, n_t: int, n_c: int) -> None:
    found = combine_strata([d], [se], [n_t], [n_c])
    assert (found.difference, found.se) == (pytest.approx(d), pytest.approx(se))
    assert found.clock == pytest.approx(4 / (1 / n_t + 1 / n_c))
    assert found.clock <= n_t + n_c + 1e-9


@given(st.lists(STRATUM, min_size=1, max_size=6))
def test_weights_are_those_of_a_loop(strata: list[tuple[float, float, int, int]]) -> None:
    weights = [n_t * n_c / (n_t + n_c) for _, _, n_t, n_c in strata]
    golden = sum(h * d for h, (d, *_) in zip(weights, strata, strict=True)) / sum(weights)
    variance = sum((h * se) ** 2 for h, (_, se, *_) in zip(weights, strata, strict=True)) / sum(weights) ** 2
    found = combine_strata(*np.array(strata).T)
    assert found.difference == pytest.approx(golden, abs=1e-12)
    assert found.se == pytest.approx(variance**0.5)
    assert found.clock == pytest.approx(4 * sum(weights))


def test_ramp_over_values_that_drift_finds_no_difference_where_there_is_none() -> None:
    rng = np.random.default_rng(0)
    steps = [(100, 9900, 0.0), (5000, 5000, 1.0)]
    arms = [[Moments.from_units(rng.normal(level, 1, n)) for n in sizes] for *sizes, level in steps]
    compared = [difference(*pair) for pair in arms]
    found = combine_strata(
        [float(each.difference) for each in compared],
        [float(each.se) for each in compared],
        [float(treatment.count) for treatment, _ in arms],
        [float(control.count) for _, control in arms],
    )
    plain = difference(arms[0][0] + arms[1][0], arms[0][1] + arms[1][1])
    assert abs(found.difference / found.se) < 3
    assert plain.difference / plain.se > 30


def test_strata_without_a_difference_have_no_weight() -> None:
    found = combine_strata([0.5, np.nan, 0.1], [0.1, np.nan, np.nan], [10, 0, 1], [10, 5, 7])
    assert (found.difference, found.se, found.clock) == (0.5, 0.1, 20.0)


def test_without_any_stratum_nothing_is_known() -> None:
    found = combine_strata([np.nan], [np.nan], [0], [5])
    assert np.isnan(found.difference)
    assert np.isnan(found.se)
    assert found.clock == 0


def test_leading_axes_are_tests_of_their_own() -> None:
    found = combine_strata([[1.0, 2.0], [3.0, 3.0]], np.ones((2, 2)), [[10, 50]] * 2, [[90, 50]] * 2)
    assert found.difference == pytest.approx([(9 * 1 + 25 * 2) / 34, 3.0])


def test_ramp_looked_at_in_every_window_keeps_its_error_rate() -> None:
    rng, tests, windows = np.random.default_rng(2), 200, 30
    earlier: list[tuple[NDArray[np.float64], ...]] = []
    is_apart, is_apart_in_one = np.zeros(tests, bool), np.zeros(tests, bool)
    together = [Moments.from_units(np.empty((tests, 0)))] * 2
    for treated, rate in ((1, 0.1), (10, 0.2), (50, 0.3)):
        arms = [Moments.from_units(np.empty((tests, 0)))] * 2
        for _ in range(windows):
            new = [Moments.from_units(rng.random((tests, n)) < rate) for n in (treated, 100 - treated)]
            arms = [arm + units for arm, units in zip(arms, new, strict=True)]
            together = [arm + units for arm, units in zip(together, new, strict=True)]
            compared = difference(*arms)
            steps = [*earlier, (compared.difference, compared.se, arms[0].count, arms[1].count)]
            found = combine_strata(*(np.stack(column, axis=-1) for column in zip(*steps, strict=True)))
            is_apart |= np.abs(found.difference) >= TwoSided().half_width(found.se, found.clock)
            plain = difference(*together)
            is_apart_in_one |= np.abs(plain.difference) >= TwoSided().half_width(plain.se, plain.units)
        earlier = steps
    assert is_apart.sum() <= stats.binom.ppf(0.999, tests, 0.05)
    assert is_apart_in_one.mean() > 0.9

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from state.experiments.group_sequential import SPENDING, critical_values, crossing_chances, obrien_fleming, pocock

EVEN = np.arange(1, 6) / 5
# Critical values of five even looks, two-sided 0.05: Reboussin, DeMets, Kim, Lan, Computations for group sequential
# boundaries using the Lan-DeMets spending function method, Controlled Clinical Trials 21, 2000.
PUBLISHED = {
    "obrien_fleming": [4.877, 3.357, 2.680, 2.290, 2.031],
    "pocock": [2.438, 2.427, 2.410, 2.397, 2.386],
}
# Constants of Jennison, Turnbull 2000, tables 2.1 and 2.3, two-sided 0.05, by the number of looks.
POCOCKS = {2: 2.178, 3: 2.289, 5: 2.413, 10: 2.555}
OBRIEN_FLEMINGS = {2: 1.977, 3: 2.004, 5: 2.040, 10: 2.087}


@pytest.mark.parametrize("name", SPENDING)
def test_boundaries_are_the_published_ones(name: str) -> None:
    assert critical_values(EVEN, 0.05, spending=SPENDING[name]) == pytest.approx(PUBLISHED[name], abs=1.5e-3)


@pytest.mark.parametrize("looks", POCOCKS)
def test_classical_boundaries_have_the_published_error(looks: int) -> None:
    fractions = np.arange(1, looks + 1) / looks
    pococks = crossing_chances(np.full(looks, POCOCKS[looks]), fractions)
    theirs = crossing_chances(OBRIEN_FLEMINGS[looks] / np.sqrt(fractions), fractions)
    assert 2 * pococks.sum() == pytest.approx(0.05, abs=2e-4)
    assert 2 * theirs.sum() == pytest.approx(0.05, abs=2e-4)


def test_two_looks_are_scipys_bivariate_normal() -> None:
    first, second = critical_values([0.4, 1.0], 0.05, spending=pocock, sides=1)
    assert first == pytest.approx(stats.norm.isf(0.05 * math.log1p((math.e - 1) * 0.4)), abs=1e-6)
    law = stats.multivariate_normal([0, 0], [[1, math.sqrt(0.4)], [math.sqrt(0.4), 1]])
    assert law.cdf([first, second]) == pytest.approx(0.95, abs=1e-5)


@pytest.mark.parametrize("spending", SPENDING.values(), ids=SPENDING)
@pytest.mark.parametrize("sides", [1, 2])
def test_one_look_at_the_end_is_the_plain_test(spending: object, sides: int) -> None:
    found = critical_values([1.0], 0.05, spending=spending, sides=sides)
    assert found == pytest.approx([stats.norm.isf(0.05 / sides)], abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=8, unique=True), st.sampled_from(sorted(SPENDING)))
def test_any_looks_spend_what_is_allowed(looks: list[int], name: str) -> None:
    fractions = np.array(sorted(looks)) / 60
    spent = crossing_chances(critical_values(fractions, 0.05, spending=SPENDING[name]), fractions).cumsum()
    golden = [SPENDING[name](t, 0.025) for t in fractions]
    assert spent == pytest.approx(golden, abs=1e-6)


def test_chances_are_those_of_simulated_paths() -> None:
    fractions, critical, drift = np.array([0.3, 0.55, 1.0]), np.array([2.6, 2.2, 2.0]), 2.5
    steps = np.diff([0, *fractions])
    moves = np.random.default_rng(0).normal(drift * steps, np.sqrt(steps), (200_000, 3))
    z = moves.cumsum(axis=1) / np.sqrt(fractions)
    is_over = np.abs(z) >= critical
    first = np.where(is_over.any(axis=1), is_over.argmax(axis=1), 3)
    golden = [((first == k) & (z[:, min(k, 2)] > 0)).mean() for k in range(3)]
    assert crossing_chances(critical, fractions, drift=drift) == pytest.approx(golden, abs=0.004)


def test_early_look_of_obrien_and_fleming_has_nothing_to_spend() -> None:
    assert critical_values([0.01, 1.0])[0] == math.inf
    assert obrien_fleming(0.0, 0.05) == 0.0


def test_units_beyond_the_plan_leave_the_last_look_what_is_unspent() -> None:
    assert critical_values([0.01, 1.2])[1] == pytest.approx(stats.norm.isf(0.025), abs=1e-6)
    assert critical_values([1.0, 1.1])[1] == math.inf


@pytest.mark.parametrize("fractions", [[0.0, 1.0], [0.5, 0.5], [0.6, 0.4], [math.nan]], ids=str)
def test_looks_that_do_not_follow_each_other_are_refused(fractions: list[float]) -> None:
    with pytest.raises(ValueError, match="fractions: expected numbers that increase from above 0, got"):
        critical_values(fractions)
    with pytest.raises(ValueError, match="leave out looks without new units"):
        crossing_chances([2.0] * len(fractions), fractions)


def test_alpha_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha: expected a number between 0 and 1, got 1"):
        critical_values([1.0], 1.0)

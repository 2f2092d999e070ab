from __future__ import annotations

import math

import numpy as np
import pytest
from estimators.bandits import snips
from hypothesis import given
from hypothesis import strategies as st

from state.experiments.policies.snips import importance_weights, value_under_policy

PROPENSITY = np.array([0.7, 0.2, 0.1])
POLICY = np.array([0.1, 0.3, 0.6])
MEANS = np.array([0.2, 0.5, 0.35])


def logged(rng: np.random.Generator, units: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units of one to five rows that resemble each other: unit, arm and value of each row, units in their order."""
    sizes = rng.integers(1, 6, units)
    unit = np.repeat(np.arange(units), sizes)
    arms = rng.choice(3, units, p=PROPENSITY)[unit]
    own = rng.normal(0, 0.3, units)[unit]
    return unit, arms, MEANS[arms] + own + rng.normal(0, 0.1, len(unit))


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0.01, 1), st.floats(-1e3, 1e3)), min_size=1, max_size=40))
def test_value_is_that_of_vw_estimators(rows: list[tuple[int, float, float]]) -> None:
    golden = snips.Estimator()
    for arm, propensity, value in rows:
        golden.add_example(propensity, value, float(POLICY[arm]))
    arms, propensity, values = (np.array(column) for column in zip(*rows, strict=True))
    found = value_under_policy(np.arange(len(rows)), values, importance_weights(arms, propensity, POLICY))
    assert found.value == pytest.approx(golden.get(), rel=1e-9, abs=1e-9)


def test_policy_of_one_arm_has_the_mean_of_its_rows() -> None:
    unit, arms, values = logged(np.random.default_rng(1), 500)
    found = value_under_policy(unit, values, importance_weights(arms, PROPENSITY[arms], [0, 0, 1]))
    assert found.value == pytest.approx(values[arms == 2].mean(), rel=1e-12)


def test_standard_error_is_that_of_the_bootstrap_over_units() -> None:
    rng = np.random.default_rng(2)
    unit, arms, values = logged(rng, 3_000)
    weights = POLICY[arms] / PROPENSITY[arms]
    x, d = np.bincount(unit, weights * values), np.bincount(unit, weights)
    drawn = rng.integers(0, 3_000, (2_000, 3_000))
    golden = (x[drawn].sum(axis=1) / d[drawn].sum(axis=1)).std()
    assert value_under_policy(unit, values, weights).se == pytest.approx(golden, rel=0.06)


def test_metric_by_unit_is_the_sum_of_a_units_rows() -> None:
    rng = np.random.default_rng(3)
    unit, arms, values = logged(rng, 40_000)
    sizes = np.bincount(unit).mean()
    weights = importance_weights(arms, PROPENSITY[arms], POLICY)
    found = value_under_policy(unit, values, weights, is_per_unit=True)
    # Each unit has as many rows under any policy.
    assert found.value == pytest.approx(sizes * (POLICY @ MEANS), abs=4 * found.se)
    assert found.se < 0.02


def test_interval_leaves_the_truth_out_in_few_tests_at_any_look() -> None:
    truth, missed, runs = float(POLICY @ MEANS), 0, 400
    for seed in range(runs):
        unit, arms, values = logged(np.random.default_rng(seed), 1_500)
        weights = importance_weights(arms, PROPENSITY[arms], POLICY)
        looks = [np.flatnonzero(unit < units) for units in range(100, 1_501, 100)]
        found = [
            value_under_policy(unit[rows], values[rows], weights[rows], alpha=0.1, planned=3_000) for rows in looks
        ]
        missed += any(not each.lower <= truth <= each.upper for each in found)
    # 10 of 100 and three standard errors of so many runs.
    assert missed / runs <= 0.1 + 3 * math.sqrt(0.09 / runs)


def test_naive_interval_over_rows_is_too_narrow() -> None:
    """Rows of a unit resemble each other, hence the standard error over units."""
    unit, arms, values = logged(np.random.default_rng(4), 5_000)
    weights = importance_weights(arms, PROPENSITY[arms], POLICY)
    over_units = value_under_policy(unit, values, weights)
    over_rows = value_under_policy(np.arange(len(unit)), values, weights)
    assert over_units.value == pytest.approx(over_rows.value, rel=1e-12)
    assert over_units.se > 1.3 * over_rows.se


def test_rows_without_a_value_are_left_out() -> None:
    unit, arms, values = logged(np.random.default_rng(5), 300)
    weights = importance_weights(arms, PROPENSITY[arms], POLICY)
    known = np.flatnonzero(np.arange(len(unit)) % 3 > 0)
    masked = np.where(np.arange(len(unit)) % 3 > 0, values, np.nan)
    assert value_under_policy(unit, masked, weights) == value_under_policy(unit[known], values[known], weights[known])


def test_effective_units_are_the_units_where_weights_are_equal() -> None:
    found = value_under_policy([5, 6, 7, 8], [1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 0.0, 0.0])
    assert (found.units, found.effective_units, found.value) == (4, 2.0, 1.5)


def test_no_row_that_the_policy_could_have_had_is_no_value() -> None:
    found = value_under_policy([1, 2], [1.0, 2.0], [0.0, 0.0])
    assert math.isnan(found.value)
    assert found.effective_units == 0


@pytest.mark.parametrize("propensity", [0.0, -0.1, 1.1, math.nan], ids=str)
def test_propensity_out_of_range_is_refused(propensity: float) -> None:
    with pytest.raises(ValueError, match="expected numbers over 0, up to 1, got others; leave out rows whose arm was"):
        importance_weights([0], [propensity], [1.0])


@pytest.mark.parametrize("shares", [[0.5, 0.4], [1.5, -0.5]], ids=str)
def test_shares_that_are_no_policy_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match=r"policy: expected shares >= 0 that sum to 1, got \["):
        importance_weights([0], [0.5], shares)

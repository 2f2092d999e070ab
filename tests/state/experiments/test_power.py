from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics import Mean

from state.experiments.confidence import TwoSided
from state.experiments.group_sequential import critical_values, pocock
from state.experiments.power import (
    Plan,
    between_arms,
    fixed_units,
    group_sequential_units,
    on_same_rows,
    sequence_units,
)


@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize("power", [0.8, 0.95])
def test_units_of_one_look_are_tea_tastings(share: float, power: float) -> None:
    metric = Mean("x", alpha=0.05, power=power, ratio=share / (1 - share), use_t=False, effect_size=0.2)
    aggregates = Aggregates(count_=100, mean_={"x": 3.0}, var_={"x": 4.0}, cov_={})
    golden = metric.solve_power_from_aggregates(aggregates, "n_obs")[0].n_obs
    found = fixed_units(between_arms(0.2, 2.0, share=share, power=power))
    assert found == pytest.approx(golden, abs=2)


def test_units_of_one_look_are_those_of_the_textbook() -> None:
    golden = 4 * (stats.norm.isf(0.025) + stats.norm.isf(0.2)) ** 2 * (1.0 / 0.5) ** 2
    assert fixed_units(between_arms(0.5, 1.0)) == math.ceil(golden)
    assert fixed_units(between_arms(-0.5, 1.0)) == math.ceil(golden)


# Inflation over one look of O'Brien and Fleming's own boundary, two-sided 0.05, five looks; spending like it is close:
# Jennison, Turnbull, Group sequential methods, 2000, table 2.4.
@pytest.mark.parametrize(("power", "inflation"), [(0.8, 1.028), (0.9, 1.026)], ids=str)
def test_groups_take_little_more_than_one_look(power: float, inflation: float) -> None:
    plan = between_arms(0.01, 1.0, power=power)
    assert group_sequential_units(plan, looks=5) / fixed_units(plan) == pytest.approx(inflation, abs=0.008)


def test_groups_find_the_difference_as_often_as_planned() -> None:
    plan, looks = between_arms(0.1, 1.0, power=0.85), 8
    units = group_sequential_units(plan, looks=looks, spending=pocock)
    fractions = np.arange(1, looks + 1) / looks
    drift = 0.1 * math.sqrt(units / plan.variance)
    moves = np.random.default_rng(0).normal(drift / looks, looks**-0.5, (40_000, looks))
    z = moves.cumsum(axis=1) / np.sqrt(fractions)
    found = (z >= critical_values(fractions, spending=pocock)).any(axis=1).mean()
    assert found == pytest.approx(0.85, abs=0.007)


def test_sequence_excludes_zero_at_the_units_with_the_wanted_power() -> None:
    plan = between_arms(0.1, 1.0, power=0.9)
    units = sequence_units(plan, planned=3000)
    rng = np.random.default_rng(1)
    estimates = rng.normal(0.1, math.sqrt(plan.variance / units), 40_000)
    half = float(TwoSided(0.05, 3000).half_width(math.sqrt(plan.variance / units), units))
    assert (estimates >= half).mean() == pytest.approx(0.9, abs=0.006)


def test_looks_cost_units() -> None:
    plan = between_arms(0.1, 1.0)
    assert fixed_units(plan) < group_sequential_units(plan) < sequence_units(plan)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_same_rows_take_the_units_that_their_correlation_leaves(correlation: float) -> None:
    arms, same = between_arms(0.01, 1.0), on_same_rows(0.01, 1.0, correlation)
    assert fixed_units(same) / fixed_units(arms) == pytest.approx((1 - correlation) / 2, rel=1e-3)
    assert sequence_units(same) < sequence_units(arms)


@pytest.mark.parametrize(
    "numbers", [(0.0, 1.0), (0.1, 0.0), (0.1, 1.0, 0.0), (0.1, 1.0, 0.9, 0.8), (0.1, 1.0, 0.05, 1.0)], ids=str
)
def test_numbers_out_of_range_are_refused(numbers: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="plan: expected a difference other than 0, a variance > 0 and 0 < alpha"):
        Plan(*numbers)


def test_share_and_correlation_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="share: expected a number between 0 and 1, got 1"):
        between_arms(0.1, 1.0, share=1)
    with pytest.raises(ValueError, match="a variance > 0"):
        on_same_rows(0.1, 1.0, correlation=1.0)

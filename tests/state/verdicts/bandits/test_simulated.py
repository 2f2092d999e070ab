"""Bandits over many seeds: what they win, what they leave alone, and what their numbers are worth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from state.experiments.policies.snips import importance_weights, value_under_policy
from tests.state.verdicts.bandits.simulated import Floats, Run, rates, simulate

RATES = np.array([0.05, 0.10, 0.12])
TREND, LOOKS, ROWS = 0.003, 40, 400
SEEDS = range(24)


@cache
def trended(seed: int) -> Run:
    """Two variants whose rates rise together from 5 and 7 % to 17 and 19 %."""
    return simulate(rates(0.05, 0.07, trend=TREND), looks=LOOKS, rows=ROWS, seed=seed)


@cache
def alike(seed: int) -> Run:
    return simulate(rates(0.1, 0.1), looks=LOOKS, rows=ROWS, seed=seed)


def test_best_of_three_gets_most_rows_and_the_others_their_floor() -> None:
    runs = [simulate(rates(*RATES), arms=3, looks=40, rows=1_000, seed=seed) for seed in range(12)]
    assert sum(run.shares[-1][2] > 0.8 for run in runs) >= 10
    assert min(share for run in runs for shares in run.shares for share in shares) >= 0.05
    regrets = [float((RATES.max() - RATES[run.arms]).sum()) for run in runs]
    even = float((RATES.max() - RATES).mean()) * 40_000
    assert max(regrets) < 0.6 * even
    assert max(run.records[-1]["step"] for run in runs) < 40  # rounds are fewer than looks


def test_less_is_better_for_a_loss() -> None:
    def losses(rng: np.random.Generator, look: int, points: NDArray[np.uint64], arms: NDArray[np.int64]) -> Floats:
        return rng.normal(1.0 - 0.2 * arms, 1.0)

    assert simulate(losses, looks=20, rows=500, is_loss=True).shares[-1][1] > 0.9
    assert simulate(losses, looks=20, rows=500).shares[-1][0] > 0.9


def test_equal_variants_are_not_locked_out_and_no_difference_is_claimed() -> None:
    runs = [alike(seed) for seed in SEEDS]
    assert min(share for run in runs for shares in run.shares for share in shares) >= 0.05
    last = np.array([run.shares[-1][1] for run in runs])
    assert (last < 0.5).any()
    assert (last > 0.5).any()
    claims = sum(any("or more" in reason for each in run.records for reason in each["reasons"]
                     if reason.startswith("goal")) for run in runs)  # fmt: skip
    # Binomial(24, 0.05) is above 5 with chance 0.001.
    assert claims <= 5


def test_difference_is_unbiased_where_rates_rise_and_that_of_pooled_rows_is_not() -> None:
    errors, pooled, missed = [], [], 0
    for run in map(trended, SEEDS):
        numbers = run.records[-1]["numbers"]
        errors.append((numbers["reward.difference"] - 0.02) / numbers["reward.se"])
        missed += not numbers["reward.gain_lower"] <= 0.02 <= numbers["reward.gain_upper"]
        means = [run.rewards[run.arms == arm].mean() for arm in range(2)]
        pooled.append(means[1] - means[0] - 0.02)
    assert missed <= 5  # at any look; binomial(24, 0.05) is above 5 with chance 0.001
    assert abs(np.mean(errors)) < 3 / np.sqrt(len(errors))
    assert 0.6 < np.std(errors) < 1.4
    # The better variant has more of the later rows, of which more convert.
    assert np.mean(pooled) > 5 * np.std(pooled) / np.sqrt(len(pooled))
    assert np.mean(pooled) > 0.01


def test_value_by_logged_propensities_is_unbiased_where_rates_rise_and_the_pooled_mean_is_not() -> None:
    truth = np.array([0.05, 0.07]) + TREND * (LOOKS - 1) / 2
    found, pooled, missed = np.empty((len(SEEDS), 2)), np.empty((len(SEEDS), 2)), 0
    for seed, run in enumerate(map(trended, SEEDS)):
        for arm in range(2):
            weights = importance_weights(run.arms, run.propensities, np.eye(2)[arm])
            value = value_under_policy(np.arange(len(run.arms)), run.rewards, weights)
            missed += not value.lower <= truth[arm] <= value.upper
            found[seed, arm], pooled[seed, arm] = value.value, run.rewards[run.arms == arm].mean()
    assert missed <= 7  # of 48; binomial(48, 0.05) is above 7 with chance 0.002
    assert (np.abs(found.mean(axis=0) - truth) < 3.5 * found.std(axis=0) / np.sqrt(len(SEEDS))).all()
    assert pooled.mean(axis=0)[0] < truth[0] - 0.01


def test_propensities_of_rows_are_the_weights_of_their_round() -> None:
    run = trended(0)
    planned = np.array(run.shares)[run.looks, run.arms]
    assert (run.propensities == planned).all()
    told = [record["rules"]["shares"] for record in run.records]
    assert [list(each.values()) for each in told] == [pytest.approx(list(shares)) for shares in run.shares]


def risky(rng: np.random.Generator, look: int, points: NDArray[np.uint64], arms: NDArray[np.int64]) -> Floats:
    """Every fifth card is risky, for ever."""
    is_risky = (points * np.uint64(2_654_435_761) >> np.uint64(20)) % np.uint64(5) == 0
    return (rng.random(len(arms)) < np.where(is_risky, 0.5, 0.02)).astype(np.float64)


def test_cards_that_differ_for_ever_make_no_test_too_sure() -> None:
    runs = [simulate(risky, looks=25, rows=400, units=500, seed=seed) for seed in SEEDS]
    numbers = [run.records[-1]["numbers"] for run in runs]
    of_cards = np.array([each["reward.difference"] / each["reward.se"] for each in numbers])
    assert np.std(of_cards) < 1.3
    assert min(share for run in runs for shares in run.shares for share in shares) >= 0.05
    # As if each row were a card of its own, the same rows would be far too sure.
    of_rows = [
        each["reward.difference"] / np.sqrt(sum(run.rewards[run.arms == arm].var() / (run.arms == arm).sum()
                                                for arm in range(2)))
        for run, each in zip(runs, numbers, strict=True)
    ]  # fmt: skip
    assert np.std(of_rows) > 1.5 * np.std(of_cards)


def test_weights_that_nobody_takes_up_are_told_again() -> None:
    run = simulate(rates(0.05, 0.2), looks=12, rows=500, is_adaptive=False)
    assert {record["step"] for record in run.records} == {0}
    assert [record["action"] for record in run.records[2:]] == ["reweigh"] * 10
    assert run.reward_of("new")["chance"] == pytest.approx(1, abs=1e-6)

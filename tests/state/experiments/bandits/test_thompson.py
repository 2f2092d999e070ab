from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from state.experiments.bandits.thompson import BetaPosterior, NormalPosterior, best_chances, thompson_weights

DRAWS = 400_000


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.01, 3), st.floats(0.01, 3))
def test_two_normal_arms_are_scipys_chance_of_a_difference(a: float, b: float, sd_a: float, sd_b: float) -> None:
    golden = stats.norm.cdf((a - b) / math.hypot(sd_a, sd_b))
    found = best_chances([NormalPosterior(a, sd_a), NormalPosterior(b, sd_b)])
    assert found == pytest.approx([golden, 1 - golden], abs=1e-4)


@pytest.mark.parametrize(
    ("arms", "laws"),
    [
        (
            [NormalPosterior(0.0, 1.0), NormalPosterior(0.3, 0.5), NormalPosterior(-0.5, 2.0)],
            [stats.norm(0.0, 1.0), stats.norm(0.3, 0.5), stats.norm(-0.5, 2.0)],
        ),
        (
            [BetaPosterior(3, 97), BetaPosterior(6, 94), BetaPosterior(0, 5), BetaPosterior(0, 0)],
            [stats.beta(4, 98), stats.beta(7, 95), stats.beta(1, 6), stats.beta(1, 1)],
        ),
        (
            [BetaPosterior(10_000, 990_000), BetaPosterior(10_100, 989_900), BetaPosterior(90, 8_000)],
            [stats.beta(10_001, 990_001), stats.beta(10_101, 989_901), stats.beta(91, 8_001)],
        ),
        (
            [NormalPosterior(5.0, 0.001), NormalPosterior(5.0, 1.0)],
            [stats.norm(5.0, 0.001), stats.norm(5.0, 1.0)],
        ),
    ],
    ids=["normal", "few conversions", "many conversions", "one narrow"],
)
def test_chances_are_those_of_draws(arms: list[NormalPosterior | BetaPosterior], laws: list[object]) -> None:
    rng = np.random.default_rng(0)
    draws = np.stack([law.rvs(DRAWS, random_state=rng) for law in laws])
    golden = np.bincount(draws.argmax(axis=0), minlength=len(arms)) / DRAWS
    assert best_chances(arms) == pytest.approx(golden, abs=0.004)


@pytest.mark.parametrize("arm", [NormalPosterior(2.0, 0.3), BetaPosterior(7, 60), BetaPosterior(0, 0)], ids=str)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_equal_arms_share_alike(arm: NormalPosterior | BetaPosterior, count: int) -> None:
    assert best_chances([arm] * count) == pytest.approx(np.full(count, 1 / count), abs=1e-9)


def test_better_arm_gets_all_but_the_floor() -> None:
    weights = thompson_weights([NormalPosterior(0, 1), NormalPosterior(100, 1), NormalPosterior(0, 1)], floor=0.1)
    assert weights == pytest.approx([0.1, 0.8, 0.1], abs=1e-9)
    assert weights.sum() == pytest.approx(1)


def test_highest_floor_shares_alike() -> None:
    assert thompson_weights([NormalPosterior(0, 1), NormalPosterior(9, 1)], floor=0.5) == pytest.approx([0.5, 0.5])


def test_same_data_give_the_same_weights_in_any_order() -> None:
    arms = [BetaPosterior(3, 97), BetaPosterior(6, 94), NormalPosterior(0.05, 0.01)]
    assert best_chances(arms[::-1])[::-1] == pytest.approx(best_chances(arms), abs=1e-12)


@pytest.mark.parametrize("floor", [-0.1, 0.51])
def test_floor_out_of_range_is_refused(floor: float) -> None:
    with pytest.raises(ValueError, match=r"floor: expected 0 to 0\.5 for 2 arms, got"):
        thompson_weights([BetaPosterior(1, 1)] * 2, floor)


def test_posteriors_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"posterior: expected a mean and a standard error > 0, got 1.0 and 0.0"):
        NormalPosterior(1.0, 0.0)
    with pytest.raises(ValueError, match="posterior: expected hits and misses >= 0, got -1 and 2"):
        BetaPosterior(-1, 2)
    with pytest.raises(ValueError, match="arms: expected one or more, got none"):
        best_chances([])

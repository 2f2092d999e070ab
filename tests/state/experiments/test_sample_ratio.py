from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from state.experiments.sample_ratio import SampleRatio, chi_square_p, log_odds

# Logarithm of the odds by savvi 0.3.1, `Multinomial(0.05, theta, k=100 * len(theta))`.
SAVVIS = [
    ((0.5, 0.5), [(260, 240), (260, 240)], -0.22957504432622497),
    ((0.5, 0.5), [(540, 460)], 1.773952514509915),
    ((0.25, 0.75), [(60, 190), (300, 700)], 3.005883039317922),
    ((0.5, 0.25, 0.25), [(500, 260, 240), (500, 300, 250)], 0.505612762498231),
]


@pytest.mark.parametrize(("shares", "increments", "odds"), SAVVIS, ids=str)
def test_odds_are_savvis(shares: tuple[float, ...], increments: list[tuple[int, ...]], odds: float) -> None:
    assert log_odds(np.sum(increments, axis=0), shares) == pytest.approx(odds, rel=1e-9)
    test = SampleRatio().with_step(shares)
    for counts in increments:
        test = test.updated(counts)
    steps = [float(log_odds(np.sum(increments[: i + 1], axis=0), shares)) for i in range(len(increments))]
    assert test.p == pytest.approx(math.exp(-max(0.0, *steps)))


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=5))
def test_odds_are_a_ratio_of_scipys_likelihoods(counts: list[int]) -> None:
    theta = np.arange(1, len(counts) + 1) / sum(range(1, len(counts) + 1))
    prior = 100 * len(counts) * theta
    golden = stats.dirichlet_multinomial.logpmf(counts, prior, sum(counts)) - stats.multinomial.logpmf(
        counts, sum(counts), theta
    )
    assert log_odds(counts, theta) == pytest.approx(golden, rel=1e-6, abs=1e-5)


def test_odds_of_steps_multiply_and_late_units_count_where_they_belong() -> None:
    first, second = (0.9, 0.1), (0.5, 0.5)
    test = SampleRatio().with_step(first).updated((90, 8)).with_step(second).updated((480, 560))
    late = test.updated((30, 20), step=0)
    golden = log_odds((120, 28), first) + log_odds((480, 560), second)
    assert late.counts == ((120, 28), (480, 560))
    assert -math.log(late.p) == pytest.approx(max(golden, test.highest))
    assert golden > test.highest > 0


def test_ramp_as_one_step_would_alarm_where_the_splitter_works() -> None:
    together = SampleRatio().with_step((0.9, 0.1)).updated((9000, 1000)).updated((5000, 5000))
    apart = SampleRatio().with_step((0.9, 0.1)).updated((9000, 1000)).with_step((0.5, 0.5)).updated((5000, 5000))
    assert together.p < 1e-10
    assert apart.p == 1.0


def test_p_never_rises() -> None:
    test = SampleRatio().with_step((0.5, 0.5)).updated((700, 500))
    assert test.p < 0.001
    assert test.updated((500, 700)).p == test.p


def test_honest_splitter_alarms_no_more_often_than_stated() -> None:
    rng, repeats, alpha = np.random.default_rng(1), 1000, 0.05
    counts = rng.multinomial(50, [0.2, 0.8], size=(repeats, 300)).cumsum(axis=1)
    alarms = int((log_odds(counts, [0.2, 0.8]).max(axis=1) >= -math.log(alpha)).sum())
    assert alarms <= stats.binom.ppf(0.999, repeats, alpha)
    assert alarms > 0


@given(st.lists(st.integers(1, 10**5), min_size=2, max_size=6))
def test_single_look_is_scipys_chi_square(counts: list[int]) -> None:
    shares = np.full(len(counts), 1 / len(counts))
    golden = stats.chisquare(counts, sum(counts) * shares).pvalue
    assert chi_square_p(counts, shares) == pytest.approx(golden, rel=1e-7, abs=1e-14)


def test_without_units_there_is_no_chi_square() -> None:
    assert math.isnan(chi_square_p([0, 0], [0.5, 0.5]))


@pytest.mark.parametrize(
    "test",
    [SampleRatio(), SampleRatio().with_step((0.1, 0.2, 0.7)).updated((5, 90, 60)).with_step((0.2, 0.2, 0.6))],
    ids=["empty", "two steps"],
)
def test_packed_and_unpacked_it_is_the_same(test: SampleRatio) -> None:
    assert SampleRatio.unpack(test.pack()) == test


def test_beta_function_keeps_its_digits_for_large_counts() -> None:
    counts = np.array([10**7, 10**7 + 500])
    golden = special.betaln(*(counts + 100)) - special.betaln(100, 100) - counts.sum() * math.log(0.5)
    assert log_odds(counts, [0.5, 0.5]) == pytest.approx(golden, abs=1e-5)


@pytest.mark.parametrize("shares", [(0.5, 0.4), (1.0,), (1.0, 0.0), (1.5, -0.5)], ids=str)
def test_shares_out_of_range_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="sample ratio: expected positive shares of 2 arms that sum to 1, got"):
        SampleRatio().with_step(shares)


def test_another_number_of_arms_is_refused() -> None:
    test = SampleRatio().with_step((0.5, 0.5))
    with pytest.raises(ValueError, match="expected positive shares of 2 arms that sum to 1, got"):
        test.with_step((0.3, 0.3, 0.4))
    with pytest.raises(ValueError, match=r"sample ratio: expected counts >= 0 of 2 arms, got \(1, 2, 3\)"):
        test.updated((1, 2, 3))
    with pytest.raises(ValueError, match="begin a step with its shares first"):
        SampleRatio().updated((1, 2))


@pytest.mark.parametrize("packed", [[2, 0, 0], [1, 0, 2, 0.5], [1]], ids=["version", "length", "short"])
def test_other_formats_are_refused(packed: list[float]) -> None:
    with pytest.raises(ValueError, match="sample ratio: expected shares and counts of version 1, got"):
        SampleRatio.unpack(packed)

from __future__ import annotations

import numpy as np
import pytest

from state.experiments.bandits.reward_posterior import reward_posterior
from state.experiments.bandits.thompson import BetaPosterior, NormalPosterior
from state.experiments.moments import Moments


def plain(*values: float) -> Moments:
    return Moments.from_units(np.array(values), np.full(len(values), 0.25) * 4)


@pytest.mark.parametrize(("hits", "misses"), [(3, 7), (1, 99), (0, 12), (12, 0)])
def test_rate_of_plain_units_is_the_beta_of_their_counts(hits: int, misses: int) -> None:
    found = reward_posterior(plain(*[1.0] * hits, *[0.0] * misses), is_rate=True)
    assert isinstance(found, BetaPosterior)
    assert (found.hits, found.misses) == (pytest.approx(hits), pytest.approx(misses))
    other = reward_posterior(plain(*[1.0] * hits, *[0.0] * misses), is_rate=True, is_loss=True)
    assert isinstance(other, BetaPosterior)
    assert (other.hits, other.misses) == (pytest.approx(misses), pytest.approx(hits))


def test_cards_whose_rows_agree_count_once() -> None:
    # Ten cards of five rows, each row of a card the same.
    cards = np.resize([5.0, 0.0, 0.0, 0.0, 0.0], 10)
    found = reward_posterior(Moments.from_units(cards, np.full(10, 5.0)), is_rate=True)
    assert isinstance(found, BetaPosterior)
    assert (found.hits, found.misses) == (pytest.approx(2), pytest.approx(8))


def test_weighted_rows_count_as_the_variance_of_their_mean_says() -> None:
    rng = np.random.default_rng(1)
    weights, hits = rng.choice([0.1, 0.9], 4_000), rng.random(4_000) < 0.2
    found = reward_posterior(Moments.from_units(weights * hits, weights), is_rate=True)
    assert isinstance(found, BetaPosterior)
    rate = float((weights * hits).sum() / weights.sum())
    variance = float((weights**2 * (hits - rate) ** 2).sum() / weights.sum() ** 2)
    assert found.hits / (found.hits + found.misses) == pytest.approx(rate)
    assert rate * (1 - rate) / (found.hits + found.misses) == pytest.approx(variance, rel=1e-3)


def test_mean_is_normal_and_less_is_better_for_a_loss() -> None:
    values = np.array([1.0, 4.0, 7.0])
    mean, se = values.mean(), values.std(ddof=1) / np.sqrt(3)
    for is_loss, sign in ((False, 1), (True, -1)):
        found = reward_posterior(plain(*values), is_rate=False, is_loss=is_loss)
        assert isinstance(found, NormalPosterior)
        assert (found.mean, found.se) == (pytest.approx(sign * mean), pytest.approx(se))


@pytest.mark.parametrize("values", [(), (2.0,), (2.0, 2.0)], ids=["none", "one", "all alike"])
def test_mean_that_units_do_not_tell_has_no_posterior(values: tuple[float, ...]) -> None:
    assert reward_posterior(plain(*values), is_rate=False) is None
    assert reward_posterior(plain(), is_rate=True) is None

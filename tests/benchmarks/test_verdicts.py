"""Simulated tests reach false verdicts no more often than stated, and true ones often."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy import stats

from benchmarks.experiments.simulated_tests import KINDS, in_parts, many_events, one_event, skewed
from benchmarks.experiments.verdicts import ALPHA, SRM_ALPHA, false_rates, first_units, sample_ratios, true_verdicts

TESTS, SEED = 200, 11


def most(alpha: float) -> float:
    """Highest share of tests that chance explains, once in a thousand."""
    return float(stats.binom.ppf(0.999, TESTS, alpha)) / TESTS


def test_equal_arms_end_with_a_verdict_no_more_often_than_stated() -> None:
    rates = false_rates(TESTS, SEED)
    assert set(rates) == set(KINDS)
    assert {kind: rate["sequence"] for kind, rate in rates.items() if rate["sequence"] > most(ALPHA)} == {}
    plain = [rate["p < 0.05 at every look"] for kind, rate in rates.items() if "one in a hundred" not in kind]
    assert min(plain) > 1.5 * most(ALPHA)


def test_lifts_are_found_and_the_same_rows_find_them_sooner() -> None:
    found = true_verdicts(TESTS, SEED)
    assert min(min(rules.values()) for rules in found["power"].values()) > 0.8
    assert found["paired_units_ratio"] < 0.2


def test_biased_splitter_is_found_and_an_honest_one_is_not() -> None:
    found = sample_ratios(TESTS, SEED)
    assert found["0.51"] > 0.95
    assert found["0.5"] <= most(SRM_ALPHA)


def test_units_with_many_events_make_the_standard_error_that_repeated_tests_have() -> None:
    looks = many_events(skewed, 0.0, np.random.default_rng(0), tests=800, windows=12, units=100)
    for window in (3, 11):
        spread = looks.difference[:, window].std(ddof=1)
        assert np.median(looks.se[:, window]) == pytest.approx(spread, rel=0.12)
    assert (np.diff(looks.events, axis=1) >= 0).all()


def test_parts_have_the_tests_that_were_asked_for_and_differ() -> None:
    parts = list(in_parts(partial(one_event, skewed, 0.0), 700, SEED, windows=2, units=10))
    assert [part.difference.shape for part in parts] == [(500, 2), (200, 2)]
    assert parts[0].difference[0, 0] != parts[1].difference[0, 0]


def test_first_verdict_is_at_the_first_look_that_crosses() -> None:
    looks = one_event(skewed, 0.0, np.random.default_rng(0), tests=2, windows=3, units=10)
    crossed = np.array([[False, True, True], [False, False, False]])
    assert first_units(crossed, looks).tolist() == [20.0, np.inf]

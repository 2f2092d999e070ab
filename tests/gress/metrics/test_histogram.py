from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gress.metrics.histogram import Histogram

INF = math.inf


def counted(samples: np.ndarray, bounds: tuple[float, ...]) -> Histogram:
    """The histogram that a client library makes of samples."""
    buckets = {bound: float((samples <= bound).sum()) for bound in (*bounds, INF)}
    return Histogram(buckets, float(samples.sum()))


# From Prometheus' own tests, promql/testdata/histograms.test.
POSITIVE = Histogram({0.1: 5, 0.2: 7, 1.0: 11, INF: 12})
NEGATIVE = Histogram({-0.2: 1, -0.1: 2, 0.3: 2, INF: 3})
JOB1_INS1 = Histogram({0.1: 1, 0.2: 3, INF: 4})
JOB1_INS2 = Histogram({0.1: 2, 0.2: 5, INF: 6})
JOB2_INS1 = Histogram({0.1: 3, 0.2: 4, INF: 6})
JOB2_INS2 = Histogram({0.1: 4, 0.2: 7, INF: 9})


@pytest.mark.parametrize(
    ("histogram", "share", "value"),
    [
        (POSITIVE, 0.2, 0.048),
        (POSITIVE, 0.5, 0.15),
        (POSITIVE, 0.8, 0.72),
        (POSITIVE, 1.0, 1.0),
        (NEGATIVE, 0.2, -0.2),
        (NEGATIVE, 0.5, -0.15),
        (NEGATIVE, 0.8, 0.3),
        (NEGATIVE, 1.0, 0.3),
        (JOB1_INS1, 0.3, 0.11),
        (JOB2_INS2, 0.5, 0.11666666666666667),
        (JOB1_INS1.plus(JOB1_INS2), 0.5, 0.14),
        (JOB2_INS1.plus(JOB2_INS2), 0.3, 0.0642857142857143),
        (JOB1_INS1.plus(JOB1_INS2).plus(JOB2_INS1).plus(JOB2_INS2), 0.5, 0.1277777777777778),
    ],
)
def test_quantiles_are_those_of_prometheus(histogram: Histogram, share: float, value: float) -> None:
    assert histogram.quantile(share) == pytest.approx(value)


def test_quantiles_worked_by_hand() -> None:
    # 4 up to 1, 6 more up to 5, 10 above: the 10th of 20 is the last of (1, 5], the 2nd the middle of (0, 1].
    histogram = Histogram({1.0: 4, 5.0: 10, INF: 20})
    assert histogram.quantile(0.5) == 5.0
    assert histogram.quantile(0.1) == 0.5
    # The 7th of 20 is 3 of 6 into (1, 5].
    assert histogram.quantile(0.35) == 3.0
    # Above all bounds nothing is known but that.
    assert histogram.quantile(0.99) == histogram.limit == 5.0


@pytest.mark.parametrize(
    "histogram", [Histogram(), Histogram({1.0: 0, INF: 0}), Histogram({INF: 3})], ids=["empty", "zeros", "no bounds"]
)
def test_no_quantile_of_nothing(histogram: Histogram) -> None:
    assert histogram.quantile(0.5) is None


BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)


@given(
    st.lists(st.floats(1e-6, 0.999), min_size=1, max_size=200),
    st.sampled_from([0.5, 0.95, 0.99]),
)
def test_quantile_is_in_the_bucket_of_numpys(values: list[float], share: float) -> None:
    samples = np.array(values)
    exact = float(np.quantile(samples, share, method="inverted_cdf"))
    upper = next(bound for bound in BOUNDS if exact <= bound)
    lower = max((bound for bound in BOUNDS if bound < exact), default=0.0)
    estimate = counted(samples, BOUNDS).quantile(share)
    assert estimate is not None
    assert lower - 1e-9 <= estimate <= upper + 1e-9


def test_quantiles_of_even_samples_are_numpys() -> None:
    samples = np.random.default_rng(7).uniform(0.0, 1.0, 200_000)
    histogram = counted(samples, tuple(np.linspace(0.05, 1.0, 20)))
    for share in (0.5, 0.95, 0.99):
        assert histogram.quantile(share) == pytest.approx(np.quantile(samples, share), abs=2e-3)
    assert histogram.mean == pytest.approx(samples.mean())
    assert histogram.count == 200_000


def test_difference_is_what_was_observed_in_between() -> None:
    samples = np.random.default_rng(3).exponential(0.02, 3_000)
    before, later = counted(samples[:1_000], BOUNDS), counted(samples, BOUNDS)
    between, expected = later.since(before), counted(samples[1_000:], BOUNDS)
    assert between.buckets == expected.buckets
    assert between.total == pytest.approx(expected.total)


@pytest.mark.parametrize(
    "after",
    [Histogram({1.0: 3, INF: 4}, 9.0), Histogram({1.0: 6, INF: 7}, 9.0), Histogram({2.0: 90, INF: 99}, 9.0)],
    ids=["all fell", "one fell", "other bounds"],
)
def test_counting_that_began_again_is_taken_whole(after: Histogram) -> None:
    assert after.since(Histogram({1.0: 5, INF: 50}, 100.0)) == after


def test_a_sum_that_falls_is_no_new_beginning() -> None:
    after = Histogram({0.0: 5, INF: 5}, -20.0).since(Histogram({0.0: 3, INF: 3}, -5.0))
    assert (after.count, after.total) == (2, -15.0)


def test_counts_that_fall_between_unlike_bounds_are_raised() -> None:
    # One host has the bounds 1 and 2, another only 1.5: the sum at 1.5 lacks the first host's four below 1.
    added = Histogram({1.0: 4, 2.0: 7, INF: 7}).plus(Histogram({1.5: 1, INF: 1}))
    assert added.buckets == {1.0: 4, 1.5: 1, 2.0: 7, INF: 8}
    # The 6th of 8 is 2 of 3 into (1.5, 2], as 4 and not 1 are below.
    assert added.quantile(0.75) == pytest.approx(1.5 + 0.5 * 2 / 3)

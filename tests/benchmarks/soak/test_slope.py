"""A trend is that of least squares with a level for each life, and its error counts noise that goes on for a while."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal, stats

from benchmarks.soak.slope import Series, common_slope

RANDOM_SEED = 5


def series(
    slope: float, level: float, noise: Sequence[float] | NDArray[np.float64], start: float = 0.0, step: float = 2.0
) -> Series:
    """Samples of a life."""
    times = start + step * np.arange(len(noise))
    return list(zip(times.tolist(), (level + slope * times + np.array(noise)).tolist(), strict=True))


def by_dummies(lives: Sequence[Series]) -> tuple[float, float]:
    """Slope and error an hour by a regression on time and one dummy a life, its sandwich summed term by term."""
    rows = [(place, *sample) for place, life in enumerate(lives) for sample in life]
    design = np.array([[at, *(float(place == each) for each in range(len(lives)))] for place, at, _ in rows])
    values = np.array([value for _, _, value in rows])
    bread = np.linalg.inv(design.T @ design)
    found = bread @ design.T @ values
    errors = values - design @ found
    meat, first = np.zeros_like(bread), 0
    for life in lives:
        lags = int(len(life) ** 0.5)
        for one in range(len(life)):
            for other in range(len(life)):
                weight = max(0.0, 1 - abs(one - other) / (lags + 1))
                left, right = design[first + one] * errors[first + one], design[first + other] * errors[first + other]
                meat += weight * np.outer(left, right)
        first += len(life)
    variance = (bread @ meat @ bread)[0, 0] * len(rows) / (len(rows) - design.shape[1])
    return float(found[0]) * 3600, float(variance**0.5) * 3600


def test_slope_and_error_are_those_of_a_regression_with_dummies() -> None:
    random = np.random.default_rng(RANDOM_SEED)
    lives = [series(0.01, 50, random.normal(0, 1, 40)), series(0.01, 90, random.normal(0, 1, 25), start=300)]
    found = common_slope(lives, 0)
    assert found is not None
    assert (found.per_hour, found.error) == pytest.approx(by_dummies(lives))


def test_slope_of_one_life_is_that_of_a_line() -> None:
    life = series(0.2, 7, np.random.default_rng(RANDOM_SEED).normal(0, 3, 60))
    found = common_slope([life], 0)
    assert found is not None
    assert found.per_hour == pytest.approx(stats.linregress(*zip(*life, strict=True)).slope * 3600)


def test_a_process_that_starts_anew_higher_or_lower_is_no_trend() -> None:
    found = common_slope([series(0, 50, [0.0] * 30), series(0, 90, [0.0] * 30, start=60)], 0)
    assert found is not None
    assert (found.per_hour, found.error) == (0, 0)


def test_the_beginning_of_each_life_says_nothing() -> None:
    lives = [series(0, 50, [-40.0] * 5 + [0.0] * 30), series(0, 50, [-30.0] * 5 + [0.0] * 30, start=100)]
    found = common_slope(lives, 10)
    assert found is not None
    assert (found.per_hour, found.error) == (0, 0)


@pytest.mark.parametrize("memory", [0.0, 0.9], ids=["noise without memory", "noise with memory"])
def test_error_is_about_as_large_as_the_slopes_of_many_runs_spread(memory: float) -> None:
    shocks = np.random.default_rng(RANDOM_SEED).normal(0, 1, (120, 400))
    slopes, errors = [], []
    for noise in signal.lfilter([1], [1, -memory], shocks):
        found = common_slope([series(0, 0, noise)], 0)
        assert found is not None
        slopes.append(found.per_hour)
        errors.append(found.error)
    assert 0.7 < np.mean(errors) / np.std(slopes) < 1.2


@pytest.mark.parametrize("lives", [[], [[]], [series(1, 0, [0.0] * 19)], [series(1, 0, [0.0] * 200)]])
def test_too_few_samples_have_no_trend(lives: list[Series]) -> None:
    assert common_slope(lives, 380) is None


def test_as_many_samples_as_needed_have_one() -> None:
    assert common_slope([series(1, 0, [0.0] * 20)], 0) is not None

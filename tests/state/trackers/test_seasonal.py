from __future__ import annotations

import math

import numpy as np
import pytest

from state.trackers.seasonal import SeasonalSettings

STEP = 3_600_000


def followed(values: list[float], settings: SeasonalSettings, steps: list[int] | None = None) -> np.ndarray:
    times = np.array(range(len(values)) if steps is None else steps) * settings.step_ms + 1_234
    return settings.start(1).follow(times, np.array(values, np.float64)[:, None])


def component_form(values: list[float], settings: SeasonalSettings) -> list[float]:
    """Forecasts by the component form of the book: smoothing of levels, rises and detrended values."""
    m, h, a, b, c = settings.period, settings.ahead, settings.level, settings.trend, settings.season
    level, trend = float(np.mean(values[:m])), 0.0
    season = [value - level for value in values[:m]]
    found = [math.nan] * (m - 1) + [level + h * trend + season[(m - 1 + h) % m]]
    for t in range(m, len(values)):
        before = level
        level = a * (values[t] - season[t % m]) + (1 - a) * (before + trend)
        s = c * (values[t] - before - trend) + (1 - c) * season[t % m]
        trend = b * (level - before) + (1 - b) * trend
        season[t % m] = s
        found.append(level + h * trend + season[(t + h) % m])
    return found


@pytest.mark.parametrize("ahead", [1, 4, 9])
def test_forecasts_are_those_of_the_component_form(ahead: int) -> None:
    rng = np.random.default_rng(4)
    values = (10 + np.arange(80) * 0.1 + np.tile([3, -1, 0, 2, -4], 16) + rng.normal(0, 0.5, 80)).tolist()
    weights = {"level": 0.3, "trend": 0.2}
    ours = SeasonalSettings(STEP, 5, ahead, **weights, season=0.4)
    # The book's seasonal smoothing of y - l - b by c is error correction by c, ours by season * (1 - level).
    books = SeasonalSettings(STEP, 5, ahead, **weights, season=0.4 * (1 - 0.3))
    np.testing.assert_allclose(followed(values, ours)[:, 0], component_form(values, books), rtol=1e-10)


def test_a_clean_season_with_a_trend_is_forecast_in_the_end() -> None:
    steps = np.arange(400)
    values = 50 + 0.25 * steps + 8 * np.sin(2 * np.pi * steps / 8)
    settings = SeasonalSettings(STEP, 8, 3, level=0.5, trend=0.3, season=0.3)
    found = followed(values.tolist(), settings)
    np.testing.assert_allclose(found[300:-3, 0], values[303:], atol=0.05)
    assert found[-1, 1] < 0.05
    assert abs(found[-1, 2]) < 0.05


def test_nothing_is_forecast_before_a_whole_season() -> None:
    found = followed([1.0, 2.0, 3.0, 4.0, 5.0], SeasonalSettings(STEP, 4))
    assert np.isnan(found[:3]).all()
    # Mean 2.5, and the first place lies 1.5 below it.
    assert found[3, 0] == 1.0
    assert np.isnan(found[3, 1])


def test_error_and_scale_are_of_the_forecast_before() -> None:
    settings = SeasonalSettings(STEP, 2, level=0.1, trend=0.0, season=0.0, scale=0.5)
    found = followed([1.0, 3.0, 2.0, 3.0], settings)
    # Level 2, season -1 and 1: 1 is expected, 2 comes; then the level is 2.1, 3.1 is expected, and 3 comes.
    assert found[2].tolist() == pytest.approx([3.1, 1.0, 1.0])
    assert found[3].tolist() == pytest.approx([2.09 - 1, 0.55, -0.1])


def test_a_gap_moves_the_level_by_the_trend_and_keeps_the_place_in_the_season() -> None:
    settings = SeasonalSettings(STEP, 4, level=0.5, trend=0.5, season=0.5)
    steps = [*range(40), 43, 44]
    values = [10.0 + step + (step % 4) ** 2 for step in steps]
    found = followed(values, settings, steps)
    assert abs(found[-1, 2]) < 0.1


def test_a_row_without_a_value_is_answered_and_not_learnt() -> None:
    settings = SeasonalSettings(STEP, 2, ahead=1)
    found = followed([1.0, 3.0, math.nan, 3.0], settings)
    assert found[2, 0] == 3.0
    assert found[3, 2] == 0.0


def test_state_of_another_period_is_refused() -> None:
    with pytest.raises(ValueError, match="expected the state of 4 steps, got one of 2"):
        SeasonalSettings(STEP, 4).start(1).restore(SeasonalSettings(STEP, 2).start(1).snapshot())


def test_several_values_a_row_are_refused() -> None:
    with pytest.raises(ValueError, match="expected one value a row, got 2"):
        SeasonalSettings(STEP, 4).start(2)


@pytest.mark.parametrize("place", [2, 7, 30], ids=["in the first season", "after it", "later"])
def test_values_that_no_sum_holds_begin_a_new_first_season(place: int) -> None:
    huge = [1.7e308, -1.7e308] * 20
    usual = [float(each % 5) for each in range(60)]
    found = followed([*usual[:place], *huge, *usual], SeasonalSettings(STEP, 5))
    assert np.isfinite(found[-5:]).all()

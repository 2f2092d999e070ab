from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from state.drift.quality.calibration import Calibration


def calibration_of(scores: np.ndarray, labels: np.ndarray, bins: int = 15) -> Calibration:
    calibration = Calibration(bins)
    calibration.update(scores, labels)
    return calibration


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80), st.integers(1, 20))
def test_error_is_that_of_a_loop_over_cells(rows: list[tuple[float, bool]], bins: int) -> None:
    golden = 0.0
    for b in range(bins):
        cell = [(score, label) for score, label in rows if min(int(score * bins), bins - 1) == b]
        golden += abs(sum(label for _, label in cell) - math.fsum(score for score, _ in cell)) / len(rows)
    scores, labels = (np.asarray(column) for column in zip(*rows, strict=True))
    assert calibration_of(scores, labels, bins).error == pytest.approx(golden, abs=1e-8)


@pytest.mark.parametrize(("shape", "rows"), [((2, 2), 300), ((2, 2), 20_000), ((0.5, 60), 5000)], ids=str)
def test_scores_that_mean_what_they_say_alarm_no_more_than_stated(shape: tuple[float, float], rows: int) -> None:
    rng = np.random.default_rng(0)
    repeats, alarms = 500, 0
    for _ in range(repeats):
        scores = rng.beta(*shape, rows)
        result = calibration_of(scores, rng.random(rows) < scores).measure()
        alarms += result.p <= 0.05
        assert result.score < 0.8
    assert alarms <= stats.binom.ppf(0.99, repeats, 0.05)


def test_p_is_the_chi_square_tail_over_cells() -> None:
    scores, labels = np.repeat([0.25, 0.75], 100), np.concatenate([np.arange(100) < 35, np.arange(100) < 70])
    statistic = (35 - 25) ** 2 / (100 * 0.25 * 0.75) + (70 - 75) ** 2 / (100 * 0.25 * 0.75)
    result = calibration_of(scores, labels, 2).measure()
    assert result.statistic == pytest.approx((10 + 5) / 200)
    assert result.p == pytest.approx(stats.chi2.sf(statistic, 2))


def test_half_as_many_frauds_again_as_foretold_score_high() -> None:
    rng = np.random.default_rng(1)
    scores = rng.beta(0.5, 60, 2_000_000)
    result = calibration_of(scores, rng.random(scores.size) < 1.5 * scores).measure()
    assert result.p < 1e-10
    assert result.score == pytest.approx(0.8, abs=0.03)


def test_without_outcomes_nothing_is_computable() -> None:
    assert math.isnan(Calibration().error)
    assert math.isnan(Calibration().measure().p)
    few = calibration_of(np.asarray([0.01, 0.02]), np.asarray([0, 0])).measure()
    assert few.statistic == pytest.approx(0.015)
    assert math.isnan(few.p)


def test_refused() -> None:
    with pytest.raises(ValueError, match=r"scores: expected probabilities 0\.\.1, got 1.5"):
        Calibration().update([1.5], [1])
    with pytest.raises(ValueError, match="calibration: expected 15 bins, got 10"):
        Calibration().restore(Calibration(10).snapshot())
    with pytest.raises(ValueError, match="calibration: expected bins >= 1, got 0"):
        Calibration(0)

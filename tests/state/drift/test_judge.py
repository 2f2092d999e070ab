from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

from state.drift import MEASURES
from state.drift.baseline import make_baseline
from state.drift.histograms import Histograms
from state.drift.judge import judge, overall_score
from state.drift.measures.measurement import Measure

FEATURES, TRAINING_ROWS, ALPHA = 20, 20_000, 0.05
NAMES = [f"f{i}" for i in range(FEATURES)]
EACH_MEASURE = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)


def rows(rng: np.random.Generator, count: int) -> np.ndarray:
    """Continuous, tied, rare, constant and partly missing features."""
    matrix = rng.normal(size=(count, FEATURES))
    matrix[:, 0] = 1.0
    matrix[:, 1] = rng.integers(0, 2, count)
    matrix[:, 2] = rng.geometric(0.2, count)
    matrix[:, 3][rng.random(count) < 0.01] = np.nan
    matrix[:, 4] = rng.random(count) < 0.002
    matrix[:, 5] = np.nan
    return matrix


def baseline_of(rng: np.random.Generator) -> Histograms:
    return make_baseline(rows(rng, TRAINING_ROWS), NAMES, scores=rng.beta(1, 20, TRAINING_ROWS))


def window_of(baseline: Histograms, rng: np.random.Generator, count: int) -> Histograms:
    window = baseline.empty()
    window.update(rows(rng, count), rng.beta(1, 20, count))
    return window


def drawn(baseline: Histograms, truth: Histograms, rng: np.random.Generator, count: int) -> Histograms:
    """A window of `count` rows whose cells are drawn with their true chances, those of a far larger sample."""
    window = baseline.empty()
    draws = []
    for position in range(len(truth.columns)):
        counts = truth.counts(position)
        draws.append(rng.multinomial(count, counts / counts.sum()))
    window.restore({**window.snapshot(), "counts": np.concatenate(draws).astype("<i8").tobytes()})
    return window


@cache
def small_windows_without_drift() -> list[tuple[Histograms, Histograms]]:
    """400 windows of 200 rows, each with its baseline; the same for each measure."""
    rng, found = np.random.default_rng(11), []
    for _ in range(20):
        baseline = baseline_of(rng)
        found += [(baseline, window_of(baseline, rng, 200)) for _ in range(20)]
    return found


@cache
def large_windows_without_drift() -> list[tuple[Histograms, Histograms]]:
    """400 windows of 200,000 rows, each with its baseline; the same for each measure."""
    rng = np.random.default_rng(12)
    large = rows(rng, 200_000)
    truth = make_baseline(large, NAMES, scores=rng.beta(1, 20, len(large)))
    # The cells are fixed; what training and live data put in them is drawn anew.
    sizes = (TRAINING_ROWS, 200_000)
    return [tuple(drawn(truth, truth, rng, size) for size in sizes) for _ in range(400)]


def alarms(windows: list[tuple[Histograms, Histograms]], measure: Measure) -> int:
    judged = (judge(baseline, window, ALPHA, measure=measure) for baseline, window in windows)
    return sum(any(finding.is_drift for finding in findings) for findings in judged)


@EACH_MEASURE
def test_windows_of_200_rows_without_drift_alarm_no_more_than_stated(measure: Measure) -> None:
    windows = small_windows_without_drift()
    assert alarms(windows, measure) <= stats.binom.ppf(0.99, len(windows), ALPHA)


@EACH_MEASURE
def test_windows_of_200_000_rows_without_drift_alarm_no_more_than_stated(measure: Measure) -> None:
    windows = large_windows_without_drift()
    assert alarms(windows, measure) <= stats.binom.ppf(0.99, len(windows), ALPHA)


def test_window_of_200_000_real_rows_raises_no_alarm() -> None:
    rng = np.random.default_rng(13)
    baseline = baseline_of(rng)
    findings = judge(baseline, window_of(baseline, rng, 200_000), ALPHA)
    assert overall_score(findings) == 0
    assert max(finding.score for finding in findings) < 0.01


@EACH_MEASURE
def test_quarter_deviation_in_one_of_20_features_is_found_and_named(measure: Measure) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        baseline = make_baseline(rng.normal(size=(TRAINING_ROWS, FEATURES)), NAMES)
        live = rng.normal(size=(2000, FEATURES))
        live[:, 13] += 0.25
        window = baseline.empty()
        window.update(live)
        first, *_ = judge(baseline, window, 0.01, measure=measure)
        assert (first.name, first.is_drift) == ("f13", True)


def test_score_of_the_shift_is_that_of_its_known_index() -> None:
    # Two normal distributions half a deviation apart have a stability index of 0.25, in fine cells.
    rng = np.random.default_rng(14)
    baseline = make_baseline(rng.normal(size=(400_000, 1)), ["x"], bins=100)
    window = baseline.empty()
    window.update(rng.normal(0.5, 1, (400_000, 1)))
    (finding,) = judge(baseline, window)
    assert finding.statistic == pytest.approx(0.25, rel=0.03)
    assert finding.score == pytest.approx(0.8, abs=0.01)
    assert overall_score((finding,)) == finding.score


def test_drift_of_the_score_is_told_from_that_of_features() -> None:
    rng = np.random.default_rng(15)
    baseline = baseline_of(rng)
    window = baseline.empty()
    window.update(rows(rng, 2000), rng.beta(2, 20, 2000))
    first, *others = judge(baseline, window)
    assert (first.name, first.role, first.measure, first.is_drift) == ("score", "score", "psi", True)
    assert not any(finding.is_drift for finding in others)


@EACH_MEASURE
def test_rise_in_missing_values_is_drift(measure: Measure) -> None:
    rng = np.random.default_rng(16)
    baseline = baseline_of(rng)
    live = rows(rng, 2000)
    live[:, 7][rng.random(2000) < 0.2] = np.nan
    window = baseline.empty()
    window.update(live, rng.beta(1, 20, 2000))
    assert judge(baseline, window, measure=measure)[0].name == "f7"


@pytest.mark.parametrize("column", [0, 5], ids=["constant", "all missing"])
@EACH_MEASURE
def test_column_that_never_varied_is_not_tested_until_it_does(measure: Measure, column: int) -> None:
    rng = np.random.default_rng(17)
    baseline = baseline_of(rng)
    live = rows(rng, 500)
    for value, is_drift in ((None, False), (0.0, True), (2.0, True)):
        if value is not None:
            live[:, column] = value
        window = baseline.empty()
        window.update(live, rng.beta(1, 20, 500))
        (finding,) = (found for found in judge(baseline, window, measure=measure) if found.name == f"f{column}")
        assert finding.is_drift == is_drift
        assert math.isnan(finding.p) != is_drift


@EACH_MEASURE
def test_new_category_is_drift_when_common(measure: Measure) -> None:
    rng = np.random.default_rng(18)
    baseline = make_baseline(rng.integers(0, 5, (5000, 1)), ["code"], categorical=["code"])
    for codes, is_drift in ((rng.integers(0, 5, 400), False), (rng.integers(0, 6, 400), True)):
        window = baseline.empty()
        window.update(codes[:, np.newaxis])
        assert judge(baseline, window, 0.001, measure=measure)[0].is_drift == is_drift


def test_empty_window_is_not_tested() -> None:
    baseline = baseline_of(np.random.default_rng(19))
    findings = judge(baseline, baseline.empty())
    assert [finding.name for finding in findings] == [*NAMES, "score"]
    assert all(math.isnan(found.p) and math.isnan(found.q) and not found.is_drift for found in findings)
    assert overall_score(findings) == 0


def test_findings_come_most_certain_first_and_untested_last() -> None:
    rng = np.random.default_rng(20)
    baseline = baseline_of(rng)
    live = rows(rng, 2000)
    live[:, 9] += 0.2
    live[:, 8] += 0.4
    window = baseline.empty()
    window.update(live, rng.beta(1, 20, 2000))
    findings = judge(baseline, window)
    assert [finding.name for finding in findings[:2]] == ["f8", "f9"]
    assert [finding.name for finding in findings[-2:]] == ["f0", "f5"]
    q_values = [finding.q for finding in findings if not math.isnan(finding.q)]
    assert q_values == sorted(q_values)


@pytest.mark.parametrize("alpha", [0.0, 1.0, float("nan")])
def test_alpha_out_of_range_is_refused(alpha: float) -> None:
    baseline = make_baseline([[1.0], [2.0]], ["x"])
    with pytest.raises(ValueError, match="alpha: expected a number between 0 and 1, got"):
        judge(baseline, baseline.empty(), alpha)


def test_window_of_other_cells_is_refused() -> None:
    baseline, other = make_baseline([[1.0], [2.0]], ["x"]), make_baseline([[1.0], [2.0]], ["y"])
    with pytest.raises(ValueError, match=r"make the window with baseline.empty\(\)"):
        judge(baseline, other.empty())

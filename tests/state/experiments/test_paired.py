from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import log_loss
from tea_tasting.aggr import Aggregates

from state.experiments.confidence import TwoSided
from state.experiments.evidence.sequence import Sequence
from state.experiments.moments import Moments
from state.experiments.paired import log_losses, paired_difference


def test_one_row_a_unit_is_scipys_paired_test() -> None:
    rng = np.random.default_rng(0)
    current = rng.exponential(1, 300)
    candidate = current + rng.normal(-0.05, 0.2, 300)
    found = paired_difference(Moments.from_units(candidate, covariate=current))
    golden = stats.ttest_rel(candidate, current)
    assert found.difference / found.se == pytest.approx(golden.statistic, rel=1e-9)
    assert found.correlation == pytest.approx(stats.pearsonr(candidate, current).statistic, rel=1e-9)
    assert (found.candidate, found.current) == (pytest.approx(candidate.mean()), pytest.approx(current.mean()))
    assert found.rows == 300


def test_several_rows_a_unit_have_tea_tastings_variance_of_a_ratio() -> None:
    rng = np.random.default_rng(1)
    rows, habit = 1.0 + rng.poisson(4, 500), rng.normal(0, 1, 500)
    current = rows * (2 + habit)
    candidate = rows * (1.9 + habit) + rng.normal(0, 1, 500)
    found = paired_difference(Moments.from_units(candidate, rows, current))
    difference = candidate - current
    golden = Aggregates(
        count_=500,
        mean_={"x": float(difference.mean()), "d": float(rows.mean())},
        var_={"x": float(difference.var(ddof=1)), "d": float(rows.var(ddof=1))},
        cov_={("d", "x"): float(np.cov(difference, rows)[0, 1])},
    )
    assert found.difference == pytest.approx(difference.sum() / rows.sum())
    assert found.se == pytest.approx(math.sqrt(golden.ratio_var("x", "d") / 500), rel=1e-9)
    assert found.rows == rows.sum()


def test_log_loss_is_scikit_learns() -> None:
    rng = np.random.default_rng(2)
    scores, labels = rng.random(200), rng.integers(0, 2, 200)
    assert log_losses(scores, labels).mean() == pytest.approx(log_loss(labels, scores))


def test_certain_and_wrong_score_has_a_bounded_loss() -> None:
    assert log_losses([0.0, 1.0], [1, 0]) == pytest.approx(-math.log(1e-6))


def test_better_model_is_found_within_a_fraction_of_the_rows_of_two_arms() -> None:
    rng = np.random.default_rng(3)
    hard = rng.lognormal(0, 1, 4000)
    candidate = hard * rng.lognormal(-0.05, 0.1, hard.size)
    found = paired_difference(Moments.from_units(candidate, covariate=hard))
    sequence = Sequence().updated(float(found.difference), float(found.se), float(found.rows), TwoSided())
    assert sequence.sign == -1
    assert stats.ttest_ind(candidate[::2], hard[1::2]).pvalue > 0.05


def test_same_answers_have_no_standard_error_and_show_nothing() -> None:
    found = paired_difference(Moments.from_units([1, 2, 3], covariate=[1, 2, 3]))
    assert (found.difference, found.se) == (0.0, pytest.approx(0.0, abs=1e-9))
    assert Sequence().updated(float(found.difference), float(found.se), 3, TwoSided()).sign == 0


@pytest.mark.parametrize(("scores", "labels"), [([1.5], [1]), ([math.nan], [1]), ([0.5], [2])], ids=str)
def test_rows_without_a_loss_are_refused(scores: list[float], labels: list[int]) -> None:
    with pytest.raises(ValueError, match=r"log loss: expected scores 0\.\.1 and labels 0 or 1, got others"):
        log_losses(scores, labels)

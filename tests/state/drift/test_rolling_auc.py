from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from state.drift.quality.rolling_auc import RollingAuc


def auc_of(scores: np.ndarray, labels: np.ndarray) -> RollingAuc:
    auc = RollingAuc()
    auc.update(scores, labels)
    return auc


def outcomes(rng: np.random.Generator, rows: int, gap: float, share: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    labels = rng.random(rows) < share
    return stats.norm.cdf(rng.normal(gap * labels, 1)), labels


@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=2, max_size=80))
def test_scores_that_cells_keep_apart_give_scikit_learns_area(rows: list[tuple[int, bool]]) -> None:
    scores, labels = np.asarray(rows).T
    if len(set(labels)) == 2:
        assert auc_of(np.maximum(scores, 1) / 1000, labels).area == pytest.approx(
            roc_auc_score(labels, np.maximum(scores, 1)), abs=1e-12
        )


@given(st.integers(0, 10_000), st.integers(20, 400))
def test_any_scores_give_it_within_the_bound(seed: int, rows: int) -> None:
    scores, labels = outcomes(np.random.default_rng(seed), rows, 1.0, 0.5)
    if len(set(labels)) == 2:
        auc = RollingAuc([0.2, 0.5, 0.6])
        auc.update(scores, labels)
        assert abs(auc.area - roc_auc_score(labels, scores)) <= auc.bound + 1e-12


def test_area_without_a_class_is_not_computable() -> None:
    auc = auc_of(np.asarray([0.1, 0.2]), np.asarray([0, 0]))
    assert math.isnan(auc.area)
    assert math.isnan(auc.bound)
    assert math.isnan(RollingAuc().compare(auc).p)


def test_fall_is_found_and_scored_by_what_is_lost() -> None:
    rng = np.random.default_rng(0)
    before, now = auc_of(*outcomes(rng, 20_000, 2.0)), auc_of(*outcomes(rng, 5000, 1.0))
    result = before.compare(now)
    assert result.statistic == pytest.approx(before.area - now.area)
    assert result.p < 1e-10
    assert result.score == pytest.approx((before.area - now.area) / (before.area - 0.5))
    assert now.compare(before).score == 0


@pytest.mark.parametrize("rows", [200, 2000])
def test_without_a_fall_alarms_are_no_more_than_stated(rows: int) -> None:
    rng = np.random.default_rng(1)
    repeats, alarms = 1500, 0
    for _ in range(repeats):
        before, now = auc_of(*outcomes(rng, 2000, 1.5)), auc_of(*outcomes(rng, rows, 1.5))
        alarms += before.compare(now).p <= 0.05
    assert alarms <= stats.binom.ppf(0.999, repeats, 0.05)


def test_perfect_order_in_both_is_no_fall() -> None:
    perfect = auc_of(np.repeat([0.1, 0.9], 20), np.repeat([0, 1], 20))
    assert (perfect.compare(perfect).statistic, perfect.compare(perfect).p) == (0, 1)


def test_variance_is_that_of_delong_over_placements() -> None:
    scores, labels = outcomes(np.random.default_rng(2), 2000, 1.0, 0.3)
    scores = np.ceil(scores * 1000) / 1000
    auc = auc_of(scores, labels)
    positives, negatives = scores[labels], scores[~labels]
    order = (positives[:, np.newaxis] > negatives) + 0.5 * (positives[:, np.newaxis] == negatives)
    golden = [order.mean(axis=0).var(), order.mean(axis=1).var()]
    assert auc._placement_variances() == pytest.approx(golden)


def test_few_labels_give_no_p() -> None:
    rng = np.random.default_rng(3)
    few = auc_of(np.asarray([0.1, 0.9]), np.asarray([0, 1]))
    assert math.isnan(auc_of(*outcomes(rng, 1000, 1.0)).compare(few).p)


def test_other_edges_are_refused() -> None:
    with pytest.raises(ValueError, match="auc: expected the same 999 edges, got 1 others"):
        RollingAuc().merge(RollingAuc([0.5]))
    with pytest.raises(ValueError, match="auc: expected ascending edges"):
        RollingAuc([0.5, 0.5])
    with pytest.raises(ValueError, match="version 1 with 2000 counts, got version 1 with 4"):
        RollingAuc().restore(RollingAuc([0.5]).snapshot())

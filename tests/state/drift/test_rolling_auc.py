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


def test_area_without_a_class_is_not_computable() -> None:
    auc = auc_of(np.asarray([0.1, 0.2]), np.asarray([0, 0]))
    assert math.isnan(auc.area)


@given(st.integers(0, 10_000), st.integers(20, 400))
def test_any_scores_give_the_area_but_for_pairs_within_a_thousandth(seed: int, rows: int) -> None:
    scores, labels = outcomes(np.random.default_rng(seed), rows, 1.0, 0.5)
    if len(set(labels)) == 2:
        cells = np.ceil(scores * 1000)
        tied = np.mean(cells[labels][:, np.newaxis] == cells[~labels]) / 2
        assert abs(auc_of(scores, labels).area - roc_auc_score(labels, scores)) <= tied + 1e-12


@pytest.mark.parametrize("is_rare", [True, False])
def test_area_of_a_rare_class_is_as_exact_as_that_of_a_common_one(is_rare: bool) -> None:
    rng = np.random.default_rng(8)
    labels = rng.random(50_000) < 0.004
    # Nearly all scores lie within a thousandth of 0, as a model of fraud gives them.
    scores = stats.norm.cdf(rng.normal(1.5 * labels - 4, 1))
    scores, labels = (scores, labels) if is_rare else (1 - scores, ~labels)
    assert np.mean((scores < 0.001) if is_rare else (scores > 0.999)) > 0.8
    assert auc_of(scores, labels).area == pytest.approx(roc_auc_score(labels, scores), abs=1e-3)


def test_snapshot_of_thousandths_goes_on_in_finer_cells() -> None:
    scores, labels = np.array([1, 250, 250, 999, 1000, 700]) / 1000, np.array([0, 1, 0, 0, 1, 1])
    counts = np.zeros((2, 1000), "<i8")
    np.add.at(counts, (labels, np.array([0, 249, 249, 998, 999, 699])), 1)
    auc = RollingAuc()
    auc.restore({"version": 1, "counts": counts.tobytes()})
    assert auc.labels == (3, 3)
    assert auc.area == roc_auc_score(labels, scores)
    auc.update([0.9999, 1e-7], [1, 0])
    more = np.append(scores, [0.9999, 1e-7]), np.append(labels, [1, 0])
    assert auc.area == pytest.approx(roc_auc_score(more[1], more[0]), abs=1e-12)


def test_snapshot_of_other_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="version 2 with 2800 counts, got version 1 with 4"):
        RollingAuc().restore({"version": 1, "counts": bytes(32)})

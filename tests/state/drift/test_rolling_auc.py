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


def test_snapshot_of_other_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="version 1 with 2000 counts, got version 1 with 4"):
        RollingAuc().restore({"version": 1, "counts": bytes(32)})

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics import auc_roc, average_precision

# rng = np.random.default_rng(5); y = (rng.random(400) < .1).astype(int); s = np.round(rng.random(400) + .4 * y, 1)
# scikit-learn 1.9.1: roc_auc_score(y, s), average_precision_score(y, s)
AUC, PRECISION = 0.8130311614730878, 0.5352765074878785


def sample():
    rng = np.random.default_rng(5)
    labels = (rng.random(400) < 0.1).astype(int)
    return labels, np.round(rng.random(400) + 0.4 * labels, 1)


def test_both_are_those_of_scikit_learn_with_ties():
    labels, scores = sample()
    assert auc_roc(labels, scores) == pytest.approx(AUC, abs=1e-12)
    assert average_precision(labels, scores) == pytest.approx(PRECISION, abs=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=60))
def test_both_are_those_of_scikit_learn_where_it_is_installed(rows):
    metrics = pytest.importorskip("sklearn.metrics")
    labels, scores = np.array(rows, int).T
    if labels.min() < labels.max():
        assert auc_roc(labels, scores) == pytest.approx(metrics.roc_auc_score(labels, scores))
        assert average_precision(labels, scores) == pytest.approx(metrics.average_precision_score(labels, scores))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_area_is_the_share_of_pairs_in_the_right_order(rows):
    labels, scores = np.array(rows, int).T
    positive, negative = scores[labels == 1][:, None], scores[labels == 0]
    pairs = positive.size * negative.size
    if pairs:
        right = (positive > negative).sum() + (positive == negative).sum() / 2
        assert auc_roc(labels, scores) == pytest.approx(right / pairs)


@pytest.mark.parametrize("labels", [[], [0, 0], [1, 1]], ids=["empty", "no positives", "no negatives"])
def test_missing_class_gives_nan(labels):
    scores = np.arange(len(labels), dtype=float)
    assert math.isnan(auc_roc(labels, scores))
    assert math.isnan(average_precision(labels, scores))


def test_order_of_rows_does_not_matter():
    labels, scores = sample()
    order = np.random.default_rng(1).permutation(len(labels))
    assert auc_roc(labels[order], scores[order]) == auc_roc(labels, scores)
    assert average_precision(labels[order], scores[order]) == average_precision(labels, scores)


@pytest.mark.parametrize("metric", [auc_roc, average_precision])
@pytest.mark.parametrize(
    ("labels", "scores", "text"),
    [
        ([0, 1], [0.1], r"expected two columns of one length, got shapes \(2,\) and \(1,\)"),
        ([0, 2], [0.1, 0.2], "labels: expected 0 or 1, got 2; leave out rows without a label"),
        ([0, 1], [0.1, math.nan], "scores: expected numbers, got NaN in 1 rows; leave out rows without a score"),
    ],
    ids=["lengths", "labels", "scores"],
)
def test_wrong_columns_are_refused(metric, labels, scores, text):
    with pytest.raises(ValueError, match=text):
        metric(labels, scores)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB

from state.learning.naive_bayes import GaussianNaiveBayes
from tests.state.learning.cuts import CUTS, batches


def stream(classes: int, seed: int = 0, rows: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, classes, rows).astype(np.float64)
    features = rng.normal(np.stack([targets, 100 - targets, 0 * targets], axis=1), [1, 3, 1e-3])
    return features, targets, rng.choice([0.0, 0.5, 1.0, 3.0], rows)


def chances(learner: GaussianNaiveBayes, rows: np.ndarray) -> np.ndarray:
    said = learner.predict_many(rows)
    return np.stack([1 - said, said], axis=1) if said.ndim == 1 else said


@pytest.mark.parametrize("classes", [2, 4])
@given(st.integers(0, 1000))
def test_chances_are_scikit_learns(classes: int, seed: int) -> None:
    rows, targets, weights = stream(classes, seed)
    # It smooths by variances without weights.
    for smoothing, own in ((1e-9, np.ones(300)), (0.0, weights)):
        learner = GaussianNaiveBayes(3, classes, smoothing)
        learner.learn_many(rows, targets, own)
        golden = GaussianNB(var_smoothing=smoothing).fit(rows, targets, sample_weight=own)
        assert chances(learner, rows) == pytest.approx(golden.predict_proba(rows), rel=1e-5, abs=1e-9)


def test_each_row_is_predicted_as_by_scikit_learn_from_the_rows_before_it() -> None:
    rows, targets, _ = stream(3)
    said = GaussianNaiveBayes(3, 3, smoothing=0.0).learn_many(rows, targets, np.ones(300))
    golden = GaussianNB(var_smoothing=0.0)
    for row in range(300):
        if row >= 30:
            assert said[row] == pytest.approx(golden.predict_proba(rows[row : row + 1])[0], rel=1e-6, abs=1e-12)
        golden.partial_fit(rows[row : row + 1], targets[row : row + 1], classes=[0, 1, 2])


@pytest.mark.parametrize("classes", [2, 9])
@pytest.mark.parametrize("features", [1, 12])
@given(CUTS)
def test_cutting_the_stream_and_restoring_changes_no_bit(classes: int, features: int, cuts: list[int]) -> None:
    rows, targets, weights = stream(classes)
    rows = np.tile(rows, 4)[:, :features] + np.random.default_rng(1).normal(size=(300, features))
    rows[::7, 0], targets[::11] = np.nan, np.nan
    whole, parts = GaussianNaiveBayes(features, classes), GaussianNaiveBayes(features, classes)
    golden = whole.learn_many(rows, targets, weights)
    found = []
    for batch in batches(cuts):
        found.append(parts.learn_many(rows[batch], targets[batch], weights[batch]))
        again = GaussianNaiveBayes(features, classes)
        again.restore(parts.to_bytes())
        parts = again
    assert np.concatenate(found).tobytes() == golden.tobytes()
    assert parts.to_bytes() == whole.to_bytes()
    assert parts.skipped == whole.skipped == ((weights > 0) & np.isnan(targets)).sum()


def test_next_row_is_predicted_as_predict_many_does() -> None:
    rows, targets, weights = stream(2)
    learner = GaussianNaiveBayes(3)
    learner.learn_many(rows[:200], targets[:200], weights[:200])
    served = learner.predict_many(rows[200:201])
    assert learner.learn_many(rows[200:201], targets[200:201], np.ones(1)).tobytes() == served.tobytes()


@given(st.integers(0, 300))
def test_merged_learners_know_all_rows(cut: int) -> None:
    rows, targets, weights = stream(3)
    first, second, whole = (GaussianNaiveBayes(3, 3) for _ in range(3))
    first.learn_many(rows[:cut], targets[:cut], weights[:cut])
    second.learn_many(rows[cut:], targets[cut:], weights[cut:])
    whole.learn_many(rows, targets, weights)
    first.merge(second)
    assert first.predict_many(rows) == pytest.approx(whole.predict_many(rows), rel=1e-6, abs=1e-12)


def test_missing_feature_is_left_out() -> None:
    rows, targets, weights = stream(2)
    both, one = GaussianNaiveBayes(3), GaussianNaiveBayes(2)
    # Smoothing is by the largest variance, which the second feature has.
    both.learn_many(rows, targets, weights)
    one.learn_many(rows[:, :2], targets, weights)
    gappy = rows[:5].copy()
    gappy[:, 2] = np.nan, np.inf, -np.inf, np.nan, np.nan
    assert both.predict_many(gappy) == pytest.approx(one.predict_many(rows[:5, :2]), rel=1e-9)


def test_before_the_first_row_all_classes_are_as_likely_and_then_the_one_that_came() -> None:
    learner = GaussianNaiveBayes(1, 3)
    assert learner.predict_many(np.zeros((1, 1))).tolist() == [[1 / 3, 1 / 3, 1 / 3]]
    learner.learn_many(np.ones((1, 1)), np.array([2.0]), np.ones(1))
    assert learner.predict_many(np.zeros((1, 1))).tolist() == [[0.0, 0.0, 1.0]]


def test_feature_counts_when_it_has_a_value_in_each_class() -> None:
    learner = GaussianNaiveBayes(1)
    rows = np.array([[0.0], [1.0], [2.0], [np.nan], [np.nan]])
    learner.learn_many(rows, np.array([0.0, 0, 0, 1, 1]), np.ones(5))
    assert learner.predict_many(np.array([[0.5], [50.0]])) == pytest.approx([0.4, 0.4])


def test_export_gives_the_same_chances() -> None:
    rows, targets, weights = stream(4)
    learner = GaussianNaiveBayes(4, 4)
    wide = np.column_stack([rows, np.full(300, np.nan)])
    learner.learn_many(wide, targets, weights)
    known = learner.parameters()
    wide[:, 3] = 5.0
    joint = known.log_priors - 0.5 * (
        np.log(2 * np.pi * known.variances) + (wide[:, np.newaxis] - known.means) ** 2 / known.variances
    ).sum(axis=-1)
    golden = np.exp(joint) / np.exp(joint).sum(axis=1, keepdims=True)
    assert np.isfinite(known.means).all()
    assert learner.predict_many(wide) == pytest.approx(golden, rel=1e-9)
    assert learner.is_finite()


def test_state_is_32_bytes_a_feature_and_class() -> None:
    assert len(GaussianNaiveBayes(100, 5).to_bytes()) <= 5 * 100 * 32 + 400


def test_nonsense_is_refused() -> None:
    with pytest.raises(
        ValueError, match="naive_bayes: expected classes >= 2 and smoothing >= 0, got 1 and 1e-09; 1e-9"
    ):
        GaussianNaiveBayes(2, 1)
    message = "naive_bayes: expected 2 features and 2 classes, got {}; start without them"
    with pytest.raises(ValueError, match=message.format("3 and 2")):
        GaussianNaiveBayes(2).restore(GaussianNaiveBayes(3).to_bytes())
    with pytest.raises(ValueError, match=message.format("2 and 3")):
        GaussianNaiveBayes(2).merge(GaussianNaiveBayes(2, 3))
    with pytest.raises(ValueError, match="scale_rate: expected a learner with a rate, got naive_bayes and 2; use"):
        GaussianNaiveBayes(2).scale_rate(2)

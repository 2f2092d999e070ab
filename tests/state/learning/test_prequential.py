from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn import metrics

from state.learning.prequential import Prequential
from state.learning.statistics.faded_auc import buckets_of
from state.learning.statistics.losses import LOSSES, Task
from tests.state.learning.cuts import CUTS, batches

RNG = np.random.default_rng(0)
TARGETS = (RNG.random(300) < 0.3).astype(np.float64)
SCORES = expit(RNG.normal(TARGETS * 1.5 - 1, 1))
WEIGHTS = RNG.choice([0.0, 0.5, 1.0, 3.0], 300)
PREDICTIONS = {
    "binary": SCORES,
    "classes": RNG.dirichlet(np.ones(10), 300),
    "sign": (SCORES > 0.5).astype(np.float64),
    "numbers": SCORES,
}


def faded(fading: float, rows: int) -> np.ndarray:
    return np.asarray(fading ** np.arange(rows - 1, -1, -1.0))


@given(st.sampled_from([0.9, 0.99, 1.0]))
def test_losses_are_scikit_learns_with_faded_weights(fading: float) -> None:
    quality = Prequential("binary", fading=fading)
    quality.update(SCORES, TARGETS, WEIGHTS)
    counts = WEIGHTS > 0
    weights = WEIGHTS[counts] * faded(fading, int(counts.sum()))
    found = quality.metrics()
    golden = metrics.log_loss(TARGETS[counts], SCORES[counts], sample_weight=weights)
    assert found["log_loss"] == pytest.approx(golden, rel=1e-9)
    golden = metrics.brier_score_loss(TARGETS[counts], SCORES[counts], sample_weight=weights)
    assert found["brier_score"] == pytest.approx(golden, rel=1e-9)
    golden = metrics.accuracy_score(TARGETS[counts], SCORES[counts] > 0.5, sample_weight=weights)
    assert (found["accuracy"], found["error_rate"]) == (pytest.approx(golden), pytest.approx(1 - golden))
    assert quality.rows == counts.sum()


def test_errors_of_numbers_are_scikit_learns_with_faded_weights() -> None:
    quality = Prequential("numbers", fading=0.95)
    targets = np.random.default_rng(1).normal(size=300)
    quality.update(SCORES, targets)
    golden = metrics.root_mean_squared_error(targets, SCORES, sample_weight=faded(0.95, 300))
    assert quality.metrics()["rmse"] == pytest.approx(golden)
    golden = metrics.mean_absolute_error(targets, SCORES, sample_weight=faded(0.95, 300))
    assert quality.metrics()["mae"] == pytest.approx(golden)


@given(st.integers(0, 10_000), st.sampled_from([0.97, 0.999, 1.0]), st.floats(0, 3), st.sampled_from([0.02, 0.5]))
def test_area_is_scikit_learns_within_the_stated_error(seed: int, fading: float, gap: float, share: float) -> None:
    rng = np.random.default_rng(seed)
    targets = (rng.random(400) < share).astype(np.float64)
    targets[:2] = 0, 1
    scores = expit(rng.normal(gap * targets - 2, 1.5))
    quality = Prequential("binary", fading=fading)
    quality.update(scores, targets)
    golden = metrics.roc_auc_score(targets, scores, sample_weight=faded(fading, 400))
    found = quality.metrics()
    assert abs(found["auc_roc"] - golden) <= found["auc_roc_error"] + 1e-9
    assert found["auc_roc_error"] < 0.15


@pytest.mark.parametrize("gap", [0.0, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("off", [-5.0, -3.0, 0.0])
def test_area_of_many_rows_is_off_by_less_than_three_thousandths(gap: float, off: float) -> None:
    rng = np.random.default_rng(1)
    targets = (rng.random(20_000) < 0.1).astype(np.float64)
    scores = expit(rng.normal(gap * targets + off, 1.5))
    quality = Prequential("binary", fading=1.0)
    quality.update(scores, targets)
    assert quality.metrics()["auc_roc"] == pytest.approx(metrics.roc_auc_score(targets, scores), abs=0.003)


def test_bucket_has_the_scores_between_its_edges() -> None:
    edges = expit(np.linspace(-9, 9, 47))
    scores = np.concatenate([SCORES, 1e-4 * SCORES])
    assert buckets_of(scores).tolist() == [sum(score > edge for edge in edges) for score in scores]


@pytest.mark.parametrize("task", LOSSES)
@given(CUTS)
def test_cutting_the_stream_and_restoring_changes_no_bit(task: Task, cuts: list[int]) -> None:
    whole, parts = Prequential(task, fading=0.97), Prequential(task, fading=0.97)
    losses = whole.update(PREDICTIONS[task], TARGETS, WEIGHTS)
    found = []
    for batch in batches(cuts):
        found.append(parts.update(PREDICTIONS[task][batch], TARGETS[batch], WEIGHTS[batch]))
        again = Prequential(task, fading=0.97)
        again.restore(parts.to_bytes())
        parts = again
    assert parts.to_bytes() == whole.to_bytes()
    assert np.concatenate(found).tobytes() == losses.tobytes()


@pytest.mark.parametrize("task", LOSSES)
def test_rows_without_prediction_target_or_weight_change_nothing(task: Task) -> None:
    predictions, targets, weights = PREDICTIONS[task][:3].copy(), TARGETS[:3].copy(), np.ones(3)
    predictions[0], targets[1], weights[2] = np.nan, np.nan, 0
    quality = Prequential(task)
    assert np.isnan(quality.update(predictions, targets, weights)).all()
    assert quality.to_bytes() == Prequential(task).to_bytes()


@pytest.mark.parametrize("task", LOSSES)
def test_nothing_is_computable_before_the_first_row(task: Task) -> None:
    assert all(math.isnan(value) for value in Prequential(task).metrics().values())


def test_area_waits_for_both_classes() -> None:
    quality = Prequential("binary")
    quality.update(np.array([0.3, 0.4]), np.zeros(2))
    assert math.isnan(quality.metrics()["auc_roc"])


def test_state_is_below_a_kilobyte() -> None:
    assert len(Prequential("binary").to_bytes()) < 1000


def test_state_of_another_task_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 100 sums that fade by 0.999, got 2"):
        Prequential("binary").restore(Prequential("sign").to_bytes())

"""The fitted weights are scikit-learn's, and the figures are those of events that the model has not seen."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_absolute_error, roc_auc_score
from sklearn.preprocessing import StandardScaler

from gress.new_job.fit_linear import fit_linear
from jobs.errors import JobError

ROWS, SEEN = 400, 320
NAMES = ("a", "b", "c")


@pytest.fixture
def matrix() -> NDArray[np.float32]:
    # Normal values beyond five standard deviations, where the model cuts, do not occur in so few rows.
    values = np.random.default_rng(3).normal(size=(ROWS, 3)) * [1, 100, 0.1] + [0, 50, -3]
    return values.astype(np.float32)


@pytest.fixture
def logits(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(matrix[:, 0] - matrix[:, 1] / 100 + 0.3, dtype=np.float64)


def test_truths_of_0_and_1_give_the_logistic_regression_of_scikit_learn(
    matrix: NDArray[np.float32], logits: NDArray[np.float64]
) -> None:
    truth = (np.random.default_rng(4).random(ROWS) < 1 / (1 + np.exp(-logits))).astype(float)
    found = fit_linear(matrix, truth, NAMES)
    scaler = StandardScaler().fit(matrix[:SEEN].astype(float))
    wanted = LogisticRegression(C=1.0, tol=1e-10, max_iter=1_000).fit(
        scaler.transform(matrix[:SEEN].astype(float)), truth[:SEEN]
    )
    assert (found.trained, found.held_out) == (SEEN, ROWS - SEEN)
    np.testing.assert_allclose(found.model.weights.T, wanted.coef_, rtol=1e-4)
    np.testing.assert_allclose(found.model.bias, wanted.intercept_, rtol=1e-4)
    chances = wanted.predict_proba(scaler.transform(matrix[SEEN:].astype(float)))[:, 1]
    assert found.figures == {"auc_roc": pytest.approx(roc_auc_score(truth[SEEN:], chances))}
    assert found.text.startswith(f"AUC {found.figures['auc_roc']:.3f} on 80 later events that it has not seen")


def test_other_numbers_give_the_ridge_regression_of_scikit_learn(
    matrix: NDArray[np.float32], logits: NDArray[np.float64]
) -> None:
    truth = logits * 10 + np.random.default_rng(5).normal(size=ROWS)
    found = fit_linear(matrix, truth, NAMES)
    scaler = StandardScaler().fit(matrix[:SEEN].astype(float))
    wanted = Ridge(alpha=1.0).fit(scaler.transform(matrix[:SEEN].astype(float)), truth[:SEEN])
    np.testing.assert_allclose(
        found.model.predict(matrix), wanted.predict(scaler.transform(matrix.astype(float))), rtol=1e-5
    )
    error = mean_absolute_error(truth[SEEN:], wanted.predict(scaler.transform(matrix[SEEN:].astype(float))))
    assert found.figures["mean_absolute_error"] == pytest.approx(error, rel=1e-5)
    usual = np.abs(truth[SEEN:] - truth[:SEEN].mean()).mean()
    assert found.figures["mean_absolute_error_of_mean"] == pytest.approx(usual)
    assert "mean absolute error" in found.text


def test_absent_values_and_columns_that_say_nothing_do_not_spoil_the_fit(matrix: NDArray[np.float32]) -> None:
    truth = (matrix[:, 0] > 0).astype(float)
    odd = np.column_stack([matrix[:, :1], np.full(ROWS, np.nan), np.ones(ROWS)]).astype(np.float32)
    odd[::7, 0] = np.nan
    found = fit_linear(odd, truth, NAMES)
    assert np.isfinite(found.model.predict(odd)).all()
    assert found.figures["auc_roc"] > 0.9


def test_classes_that_one_line_parts_leave_finite_weights() -> None:
    line = np.linspace(-1, 1, 100, dtype=np.float32)[np.random.default_rng(1).permutation(100)][:, None]
    found = fit_linear(line, (line[:, 0] > 0).astype(float), ("a",))
    assert 0 < found.model.weights[0, 0] < 100
    assert found.figures["auc_roc"] == 1


def test_one_class_among_the_later_events_leaves_the_figure_open(matrix: NDArray[np.float32]) -> None:
    truth = np.where(np.arange(ROWS) < SEEN, np.arange(ROWS) % 2, 0).astype(float)
    found = fit_linear(matrix, truth, NAMES)
    assert np.isnan(found.figures["auc_roc"])
    assert found.text == "no AUC: one class among 80 later events that it has not seen"


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        (19, r"label: expected at least 20 events that have one, got 19; give a larger sample"),
        (50, r"label: expected different values, got 1 in all of the first 40; give a larger sample"),
    ],
    ids=["few", "same"],
)
def test_labels_that_teach_nothing_are_refused(rows: int, error: str, matrix: NDArray[np.float32]) -> None:
    with pytest.raises(JobError, match=error):
        fit_linear(matrix[:rows], np.ones(rows), NAMES)

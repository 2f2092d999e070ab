from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.linear_model import SGDClassifier, SGDRegressor

from state.learning.adapters.estimator_settings import EstimatorSettings
from state.learning.adapters.scikit_learn import ScikitLearner
from tests.state.learning.cuts import CUTS, batches
from tests.state.learning.made import two_classes

KEY = bytes(range(32))
ROWS, TARGETS = two_classes(300)
WEIGHTS = np.random.default_rng(2).choice([0.0, 1.0, 2.0], 300)
LOGISTIC = {"loss": "log_loss", "learning_rate": "constant", "eta0": 0.1}


def learner(name: str, parameters: dict[str, Any] | None = None, classes: int = 2) -> ScikitLearner:
    return ScikitLearner(EstimatorSettings(f"sklearn.{name}", parameters or {}, classes), 2, KEY)


def logistic() -> ScikitLearner:
    return learner("linear_model.SGDClassifier", LOGISTIC)


def test_each_row_is_predicted_and_then_fitted() -> None:
    said = logistic().learn_many(ROWS, TARGETS, WEIGHTS)
    golden = SGDClassifier(**LOGISTIC, random_state=0)
    is_fitted = False
    for row in range(300):
        one = ROWS[row : row + 1]
        assert said[row] == (golden.predict_proba(one)[0, 1] if is_fitted else 0.5)
        if WEIGHTS[row]:
            golden.partial_fit(one, TARGETS[row : row + 1].astype(int), classes=[0, 1], sample_weight=[WEIGHTS[row]])
            is_fitted = True


def test_numbers_are_learnt() -> None:
    found = learner("linear_model.SGDRegressor", classes=0)
    targets = ROWS[:, 0] * 3
    assert found.learn_many(ROWS, targets, np.ones(300))[0] == 0
    golden = SGDRegressor(random_state=0)
    for row in range(300):
        golden.partial_fit(ROWS[row : row + 1], targets[row : row + 1])
    assert found.predict_many(ROWS).tolist() == golden.predict(ROWS).tolist()


def test_chances_of_more_classes_come_in_their_order() -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 3, 300).astype(np.float64)
    rows = rng.normal(np.column_stack([targets == 0, targets == 1]), 0.1)
    found = learner("linear_model.SGDClassifier", LOGISTIC, classes=3)
    assert found.learn_many(rows, targets, np.ones(300)).shape == (300, 3)
    assert (found.predict_many(rows).argmax(axis=1) == targets).mean() > 0.9


@settings(max_examples=5)
@given(CUTS)
def test_cutting_the_stream_and_restoring_changes_no_bit(cuts: list[int]) -> None:
    whole, parts = logistic(), logistic()
    golden = whole.learn_many(ROWS[:100], TARGETS[:100], WEIGHTS[:100])
    found = []
    for batch in batches(cuts, 100):
        found.append(parts.learn_many(ROWS[batch], TARGETS[batch], WEIGHTS[batch]))
        again = logistic()
        again.restore(parts.to_bytes())
        parts = again
    assert np.concatenate(found).tobytes() == golden.tobytes()
    assert parts.predict_many(ROWS).tobytes() == whole.predict_many(ROWS).tobytes()


def test_rows_without_a_class_are_skipped_and_missing_features_are_0() -> None:
    found = logistic()
    found.learn_many(ROWS, TARGETS, np.ones(300))
    before = found.predict_many(ROWS)
    found.learn_many(ROWS[:3], np.array([np.nan, 2.0, 0.5]), np.ones(3))
    assert found.skipped == 3
    assert found.predict_many(ROWS).tobytes() == before.tobytes()
    assert found.predict_many(np.array([[np.nan, np.inf]])) == found.predict_many(np.zeros((1, 2)))


def test_parameters_that_are_not_finite_are_told() -> None:
    found = logistic()
    assert found.is_finite()
    found.learn_many(ROWS, TARGETS, np.ones(300))
    assert found.is_finite()
    found._estimator.coef_[0, 0] = np.nan
    assert not found.is_finite()


def test_state_of_others_is_refused() -> None:
    found = logistic()
    stranger = ScikitLearner(EstimatorSettings("sklearn.linear_model.SGDClassifier", LOGISTIC), 2, bytes(32))
    with pytest.raises(ValueError, match="seal: expected state that this job has sealed, got other bytes"):
        found.restore(stranger.to_bytes())
    other = learner("linear_model.SGDClassifier", {**LOGISTIC, "eta0": 0.2})
    with pytest.raises(ValueError, match=r"got state of sklearn.linear_model.SGDClassifier\(.*\"eta0\": 0.2"):
        found.restore(other.to_bytes())


@pytest.mark.parametrize(
    ("name", "classes", "message"),
    [
        ("linear_model.LogisticRegression", 2, "expected an estimator with partial_fit, got one without; it cannot"),
        (
            "linear_model.SGDClassifier",
            2,
            "expected an estimator with predict_proba, got one without; use one that has",
        ),
        ("linear_model.SGDRegressor", 2, "expected an estimator with predict_proba"),
        ("preprocessing.StandardScaler", 0, "expected an estimator with predict, got one without; .* SGDRegressor"),
        ("naive_bayes.GaussianNB", 0, "expected an estimator of numbers, got one of classes; set classes to how many"),
    ],
    ids=["no partial_fit", "no chances", "regressor", "transformer", "classifier"],
)
def test_estimators_that_do_not_fit_are_refused(name: str, classes: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"sklearn.{name}: {message}"):
        learner(name, classes=classes)


def test_what_it_cannot_do_is_refused() -> None:
    found = learner("neural_network.MLPClassifier")
    if not found._knows_weights():
        with pytest.raises(
            ValueError, match="MLPClassifier: expected weights 0 and 1, got 2; it learns all rows alike"
        ):
            found.learn_many(ROWS[:1], TARGETS[:1], np.array([2.0]))
    with pytest.raises(ValueError, match=r"scale_rate: expected a learner of gress-ml, got sklearn.* and 2; use reset"):
        found.scale_rate(2)
    with pytest.raises(ValueError, match="MLPClassifier: expected a learner with a linear form to export, got one of"):
        found.parameters()
    with pytest.raises(ValueError, match="seal: expected a key of 16 bytes or more, got 3"):
        ScikitLearner(EstimatorSettings("sklearn.naive_bayes.GaussianNB"), 2, b"abc")

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from state.learning.adapters.estimator_settings import EstimatorSettings
from state.learning.adapters.river import RiverLearner
from tests.state.learning.cuts import CUTS, batches
from tests.state.learning.made import two_classes

river = pytest.importorskip("river", reason="River is not installed")

KEY = bytes(range(32))
ROWS, TARGETS = two_classes(300)
WEIGHTS = np.random.default_rng(2).choice([0.0, 1.0, 2.0], 300)
LOGISTIC = ("linear_model.LogisticRegression", {"optimizer": {"class": "river.optim.SGD", "lr": 0.1}})
TREE = ("tree.HoeffdingTreeClassifier", {"grace_period": 20})
FOREST = ("forest.ARFClassifier", {"n_models": 3})


def learner(name: str, parameters: dict[str, Any] | None = None, classes: int = 2) -> RiverLearner:
    return RiverLearner(EstimatorSettings(f"river.{name}", parameters or {}, classes), 2, KEY)


def test_each_row_is_predicted_and_then_learnt() -> None:
    said = learner(*LOGISTIC).learn_many(ROWS, TARGETS, WEIGHTS)
    golden = river.linear_model.LogisticRegression(optimizer=river.optim.SGD(lr=0.1))
    for (x0, x1), target, weight, one in zip(ROWS.tolist(), TARGETS, WEIGHTS.tolist(), said, strict=True):
        assert one == golden.predict_proba_one({"x0": x0, "x1": x1})[True]
        if weight:
            golden.learn_one({"x0": x0, "x1": x1}, bool(target), w=weight)


def test_numbers_are_learnt() -> None:
    found = learner("linear_model.LinearRegression", classes=0)
    found.learn_many(ROWS, ROWS[:, 0] * 3, np.ones(300))
    golden = river.linear_model.LinearRegression()
    named = [{"x0": x0, "x1": x1} for x0, x1 in ROWS.tolist()]
    for row in named:
        golden.learn_one(row, row["x0"] * 3)
    assert found.predict_many(ROWS).tolist() == [golden.predict_one(row) for row in named]


def test_chances_of_more_classes_come_in_their_order() -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 3, 300).astype(np.float64)
    rows = rng.normal(np.column_stack([targets, -targets]), 0.1)
    found = learner("naive_bayes.GaussianNB", classes=3)
    said = found.learn_many(rows, targets, np.ones(300))
    assert said[0].tolist() == [1 / 3, 1 / 3, 1 / 3]
    assert (found.predict_many(rows).argmax(axis=1) == targets).mean() > 0.95


@pytest.mark.parametrize("kind", [LOGISTIC, TREE, FOREST], ids=["logistic", "tree", "forest"])
@settings(max_examples=5)
@given(CUTS)
def test_cutting_the_stream_and_restoring_changes_no_bit(kind: tuple[str, dict[str, Any]], cuts: list[int]) -> None:
    whole, parts = learner(*kind), learner(*kind)
    weights = np.minimum(WEIGHTS, 1)
    golden = whole.learn_many(ROWS, TARGETS, weights)
    found = []
    for batch in batches(cuts):
        found.append(parts.learn_many(ROWS[batch], TARGETS[batch], weights[batch]))
        again = learner(*kind)
        again.restore(parts.to_bytes())
        parts = again
    assert np.concatenate(found).tobytes() == golden.tobytes()
    assert parts.predict_many(ROWS).tobytes() == whole.predict_many(ROWS).tobytes()


def test_missing_features_are_not_in_the_row() -> None:
    found = learner(*LOGISTIC)
    found.learn_many(ROWS, TARGETS, np.ones(300))
    assert found.predict_many(np.array([[1.0, np.nan]])) == found.predict_many(np.array([[1.0, 0.0]]))


def test_parameters_that_are_not_finite_are_told() -> None:
    found = learner(*LOGISTIC)
    found.learn_many(ROWS, TARGETS, np.ones(300))
    assert found.is_finite()
    found.learn_many(np.array([[1e200, 1e200], [1e200, -1e200]]), np.array([0.0, 1.0]), np.array([1e200, 1e200]))
    assert not found.is_finite()


ONE_VS_ONE = {"classifier": {"class": "river.linear_model.LogisticRegression"}}


@pytest.mark.parametrize(
    ("name", "parameters", "classes", "message"),
    [
        (
            "multiclass.OneVsOneClassifier",
            ONE_VS_ONE,
            3,
            "expected a model with predict_proba_one, got one without; use",
        ),
        ("linear_model.LinearRegression", {}, 2, "expected a model with predict_proba_one"),
        ("stats.Mean", {}, 0, "expected a model with learn_one, got one without; use a regressor"),
        ("naive_bayes.GaussianNB", {}, 0, "expected a model of numbers, got one of classes; set classes to how many"),
    ],
    ids=["no chances", "regressor", "statistic", "classifier"],
)
def test_models_that_do_not_fit_are_refused(name: str, parameters: dict[str, Any], classes: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"river.{name}: {message}"):
        learner(name, parameters, classes)


def test_weights_of_a_model_that_knows_none_are_refused() -> None:
    with pytest.raises(ValueError, match="GaussianNB: expected weights 0 and 1, got 2; it learns all rows alike"):
        learner("naive_bayes.GaussianNB").learn_many(ROWS[:1], TARGETS[:1], np.array([2.0]))

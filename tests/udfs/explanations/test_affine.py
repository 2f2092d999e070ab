"""Linear models are found by their answers, with the weights that scikit-learn gave them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from udfs.explanations.affine import Affine

RNG = np.random.default_rng(3)
ROWS = (RNG.normal(size=(400, 3)) * [1.0, 50.0, 0.1] + [0.0, 100.0, 5.0]).astype(np.float32)
ODDS = ROWS @ [1.0, 0.02, -3.0] + 13.0
LABELS = (RNG.random(400) < 1 / (1 + np.exp(-ODDS))).astype(int)


def test_log_odds_of_a_logistic_regression_are_a_sum() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, LABELS)
    found = Affine.find(lambda x: model.predict_proba(x)[:, 1].astype(np.float32), ROWS[:100])
    assert found is not None
    assert found.scale == "log-odds"
    scaler, own = model[0], model[1]
    np.testing.assert_allclose(found.weights, own.coef_[0] / scaler.scale_, rtol=1e-3)
    row = ROWS[200]
    told = found.contributions(row)
    assert told.values.sum() + told.base == pytest.approx(model.decision_function(row[np.newaxis])[0], abs=1e-3)


def test_a_linear_regression_is_a_sum() -> None:
    model = LinearRegression().fit(ROWS, ODDS)
    found = Affine.find(model.predict, ROWS[:100])
    assert found is not None
    assert found.scale == "prediction"
    np.testing.assert_allclose(found.weights, model.coef_, rtol=1e-4)


def test_trees_are_no_sum() -> None:
    model = GradientBoostingClassifier(n_estimators=10).fit(ROWS, LABELS)
    assert Affine.find(lambda x: model.predict_proba(x)[:, 1], ROWS[:100]) is None


@pytest.mark.parametrize("rows", [5, 0], ids=["few", "missing values"])
def test_a_background_that_does_not_tell_finds_nothing(rows: int) -> None:
    background = ROWS[:rows] if rows else np.full((50, 3), np.nan, np.float32)
    weights = np.array([1.0, 2.0, 3.0])
    assert Affine.find(lambda x: 1 / (1 + np.exp(-np.asarray(x, float) @ weights)), background) is None


def test_constant_features_add_nothing() -> None:
    background = ROWS[:100].copy()
    background[:, 1] = 4.0
    model = LinearRegression().fit(ROWS, ODDS)
    found = Affine.find(model.predict, background)
    assert found is not None
    row = background[0]
    assert found.contributions(row).values[1] == 0.0

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.errors import ModelError
from models.learned.linear import LearnedLinear
from tests.models.learned.samples import ROWS, VALUES, linear, margin, regression, three_classes

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def rows() -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.normal(size=(300, 4)) * [1, 10, 0.1, 1000] + [0, 5, -2, 1e4]


def fitted(scaled: Any, link: str, classes: tuple[str, ...] = ()) -> LearnedLinear:
    scaler, model = scaled.steps[0][1], scaled.steps[1][1]
    weights = np.atleast_2d(model.coef_).T
    bias = np.atleast_1d(model.intercept_)
    return LearnedLinear(NAMES, weights, bias, link, scaler.mean_, scaler.scale_, None, classes)  # type: ignore[arg-type]


def test_logistic_scores_are_those_of_scikit_learn(rows: np.ndarray) -> None:
    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows[:, 0] + rows[:, 2] * 9 > -18)
    model = fitted(scaled, "logistic", ("no", "yes"))
    np.testing.assert_allclose(model.scores(rows), scaled.predict_proba(rows), rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.predict(rows), scaled.predict_proba(rows)[:, 1], rtol=0, atol=1e-12)


def test_softmax_scores_are_those_of_scikit_learn(rows: np.ndarray) -> None:
    target = np.digitize(rows[:, 1], [0, 8])
    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, target)
    model = fitted(scaled, "softmax", ("low", "mid", "high"))
    np.testing.assert_allclose(model.scores(rows), scaled.predict_proba(rows), rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.predict(rows), scaled.predict_proba(rows).max(axis=1), rtol=0, atol=1e-12)


def test_a_regression_gives_values_as_scikit_learn(rows: np.ndarray) -> None:
    scaled = make_pipeline(StandardScaler(), LinearRegression()).fit(rows, rows @ [1, 2, 3, 4])
    np.testing.assert_allclose(fitted(scaled, "identity").predict(rows), scaled.predict(rows), rtol=1e-9)


def test_missing_is_the_mean_and_a_constant_says_nothing() -> None:
    np.testing.assert_allclose(linear().values(ROWS)[:, 0], VALUES, atol=1e-6)
    np.testing.assert_allclose(margin().predict(ROWS), VALUES, atol=1e-6)


def test_a_constant_that_comes_as_infinity_says_nothing() -> None:
    rows = np.array([[100, 40, np.inf], [100, 40, -np.inf]], dtype=np.float32)
    assert linear().values(rows)[:, 0].tolist() == [-0.5, -0.5]


def test_values_beyond_the_clip_count_as_the_clip() -> None:
    rows = np.array([[1e38, 40, 7], [-np.inf, 40, 7], [150, 40, 7]], dtype=np.float32)
    assert linear(clip=2.0).values(rows)[:, 0].tolist() == [2.5, -3.5, 1.0]


def test_certain_classes_have_probabilities_of_0_and_1() -> None:
    rows = np.array([[3e38, 40, 7], [-3e38, 40, 7]], dtype=np.float32)
    assert linear().scores(rows).tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_raw_weights_score_raw_rows() -> None:
    model = three_classes()
    rows = ROWS[:2].astype(np.float64)
    np.testing.assert_allclose(rows @ model.raw_weights + model.raw_bias, model.values(rows), atol=1e-12)
    assert model.raw_weights[2].tolist() == [0.0, 0.0, 0.0]


def test_nobody_changes_a_models_arrays() -> None:
    weights = np.ones((3, 1))
    model = linear(weights=weights)
    weights[:] = 7
    assert model.weights.tolist() == [[1.0]] * 3
    with pytest.raises(ValueError, match="read-only"):
        model.weights[0] = 7


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"weights": np.ones((2, 1))}, r"weights expected shape \(3, 1\), got \(2, 1\)$"),
        ({"bias": [np.nan]}, r"bias expected finite numbers, got nan at \(0,\); publish the last state whose numbers"),
        ({"mean": [0, np.inf, 0]}, r"mean expected finite numbers, got inf at \(1,\)"),
        ({"scale": [1, -2, 1]}, r"scale expected numbers >= 0, got -2 at \(1,\)$"),
        ({"clip": 0.0}, r"clip expected a number > 0 or None, got 0\.0$"),
        ({"features": ("a", "b", "a")}, r"features expected different names, got 'a' twice$"),
        ({"features": ()}, r"features expected at least 1, got 0$"),
        ({"classes": ("a",)}, r"classes expected 2 for link logistic, got 1$"),
        ({"link": "softmax", "classes": ("a",)}, r"classes expected at least 2, got 1$"),
        ({"link": "probit"}, r"link expected one of identity, logistic, softmax, sign, got 'probit'$"),
        ({"classes": ("a", "b", "c")}, r"classes expected 2 for link logistic, got 3$"),
        ({"link": "identity"}, r"classes expected 0 for link identity, got 2$"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_arrays_that_do_not_fit_are_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ModelError, match=f"^learnt model: {text}"):
        linear(**fields)


def test_a_regression_has_no_classes() -> None:
    assert regression().classes == ()

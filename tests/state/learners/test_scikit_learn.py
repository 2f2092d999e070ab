"""Parameters are those of scikit-learn's stochastic gradient descent."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import PassiveAggressiveClassifier, PassiveAggressiveRegressor, SGDClassifier, SGDRegressor

from state.learners.make_learner import make_learner
from state.learners.schedules import InverseScaling
from state.learners.settings import LearnerSettings
from tests.state.learners.streams import ENGINES, plain, stream

COMMON = {"eta0": 0.05, "shuffle": False, "learning_rate": "constant", "penalty": None}
LASSO = {"penalty": "l1", "alpha": 0.02}
NET = {"penalty": "elasticnet", "alpha": 0.05, "l1_ratio": 0.4}
FALLING = {"learning_rate": "invscaling", "power_t": 0.5}
GRADIENT: dict[str, tuple[LearnerSettings, Any]] = {
    "logistic": (
        LearnerSettings("logistic", rate=0.05),
        SGDClassifier(loss="log_loss", **COMMON),
    ),
    "ridge": (
        LearnerSettings("logistic", rate=0.05, l2=0.1),
        SGDClassifier(loss="log_loss", **{**COMMON, "penalty": "l2", "alpha": 0.1}),
    ),
    "lasso": (
        LearnerSettings("logistic", rate=0.05, l1=0.02),
        SGDClassifier(loss="log_loss", **{**COMMON, **LASSO}),
    ),
    "elastic net, falling rate": (
        LearnerSettings("logistic", rate=0.05, l1=0.02, l2=0.03, schedule=InverseScaling(0.5)),
        SGDClassifier(loss="log_loss", **{**COMMON, **NET, **FALLING}),
    ),
    "squared": (
        LearnerSettings("linear", rate=0.05),
        SGDRegressor(loss="squared_error", **COMMON),
    ),
    "Huber": (
        LearnerSettings("linear", rate=0.05, loss="huber", epsilon=0.3),
        SGDRegressor(loss="huber", epsilon=0.3, **COMMON),
    ),
    "absolute": (
        LearnerSettings("linear", rate=0.05, loss="absolute"),
        SGDRegressor(loss="epsilon_insensitive", epsilon=0.0, **COMMON),
    ),
}


def compare(settings: LearnerSettings, golden: Any, engine: str, *, has_ones: bool = False) -> None:
    """Learn the same rows in one go with both, and compare the parameters after a few, more and many."""
    rows = plain(stream(settings, 200))
    theirs = np.column_stack([rows.rows, np.ones(200)]) if has_ones else rows.rows
    more = {"classes": [0.0, 1.0]} if settings.kind.targets == "binary" else {}
    for count in (1, 2, 3, 17, 200):
        learner = make_learner(settings, 5, engine=engine)  # type: ignore[arg-type]
        learner.learn_many(*rows.part(0, count))
        parameters = learner.parameters()
        ours = np.append(parameters.weights[:, 0], parameters.bias)
        # Each call starts its sum of penalties anew.
        fitted = clone(golden).partial_fit(theirs[:count], rows.targets[:count], **more)
        expected = fitted.coef_.ravel() if has_ones else np.append(fitted.coef_, fitted.intercept_)
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", GRADIENT)
def test_parameters_are_those_of_sgd(name: str, engine: str) -> None:
    settings, golden = GRADIENT[name]
    compare(settings, golden, engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("variant", ["PA-I", "PA-II"])
@pytest.mark.parametrize("algorithm", ["passive_aggressive", "passive_aggressive_regression"])
def test_parameters_are_those_of_passive_aggressive(algorithm: Any, variant: Any, engine: str) -> None:
    """Scikit-learn leaves its own intercept out of the rows' norm: it is given a feature that is 1 instead."""
    settings = LearnerSettings(algorithm, aggressiveness=0.3, variant=variant, epsilon=0.2)
    options = {"C": 0.3, "fit_intercept": False, "shuffle": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # scikit-learn 1.8 gives them other names
        if algorithm == "passive_aggressive":
            loss = {"PA-I": "hinge", "PA-II": "squared_hinge"}[variant]
            golden = PassiveAggressiveClassifier(loss=loss, **options)
        else:
            loss = {"PA-I": "epsilon_insensitive", "PA-II": "squared_epsilon_insensitive"}[variant]
            golden = PassiveAggressiveRegressor(loss=loss, epsilon=0.2, **options)
        compare(settings, golden, engine, has_ones=True)


def test_lasso_has_zeros() -> None:
    settings, _ = GRADIENT["lasso"]
    rows = plain(stream(settings, 200))
    rows.rows[:, 1] *= 1e-3
    learner = make_learner(settings, 5)
    learner.learn_many(*rows)
    assert learner.parameters().weights[1, 0] == 0.0

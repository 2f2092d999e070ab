from __future__ import annotations

import math
import re
from typing import Any

import pytest

from state.learners.make_learner import make_learner
from state.learners.schedules import Step
from state.learners.settings import LearnerSettings

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"algorithm": "svm"}, "algorithm: expected one of logistic, linear, softmax, passive_aggressive, "),
    ({"optimizer": "lbfgs"}, "optimizer of logistic: expected one of sgd, adagrad, adam, ftrl, got 'lbfgs'; write one"),
    ({"algorithm": "passive_aggressive", "optimizer": "sgd"}, "expected none, got 'sgd'; leave it out"),
    ({"algorithm": "passive_aggressive", "optimizer": "passive_aggressive"}, "expected none, got 'passive_aggressive'"),
    ({"algorithm": "passive_aggressive_regression", "optimizer": "adam"}, "expected none, got 'adam'"),
    ({"loss": "squared"}, "loss of logistic: expected none, got 'squared'; leave it out"),
    ({"algorithm": "linear", "loss": "log"}, "loss of linear: expected one of squared, absolute, huber, got 'log'"),
    ({"variant": "PA-III"}, "variant: expected one of PA-I, PA-II, got 'PA-III'"),
    ({"rate": 0}, "rate: expected a number over 0, got 0; the default is 0.01"),
    ({"rate": math.nan}, "rate: expected a number over 0, got nan"),
    ({"rate": math.inf}, "rate: expected a number over 0, got inf"),
    ({"aggressiveness": -1}, "aggressiveness: expected a number over 0, got -1; the default is 1.0"),
    ({"alpha": 0}, "alpha: expected a number over 0, got 0; the default is 0.1"),
    ({"l1": -0.1}, "l1: expected a number >= 0, got -0.1; the default is 0.0"),
    ({"l2": math.nan}, "l2: expected a number >= 0, got nan"),
    ({"clip": -1}, "clip: expected a number >= 0, got -1"),
    ({"epsilon": -1}, "epsilon: expected a number >= 0, got -1; the default is 0.1"),
    ({"beta": -1}, "beta: expected a number >= 0, got -1; the default is 1.0"),
    ({"optimizer": "adam", "l1": 1}, "l1: expected 0 with adam, got 1; for this penalty use sgd or ftrl"),
    ({"optimizer": "adagrad", "l1": 1}, "l1: expected 0 with adagrad, got 1"),
    ({"algorithm": "passive_aggressive", "l2": 1}, "l2: expected 0 with passive_aggressive, got 1; for this penalty"),
    ({"algorithm": "passive_aggressive", "clip": 1}, "clip: expected 0 with passive_aggressive, got 1; its steps are"),
    ({"optimizer": "ftrl", "schedule": Step()}, "schedule: expected none with ftrl, got Step(decay=0.5, period=10000)"),
    ({"classes": 3}, "classes: expected 2 with logistic, got 3; for more classes use softmax"),
    ({"algorithm": "softmax", "classes": 1}, "classes: expected a number >= 2, got 1; name as many as there are"),
    ({"class_weights": (1, 2, 3)}, "class_weights: expected 2 numbers, got (1, 2, 3); give each class one"),
    ({"algorithm": "linear", "class_weights": (1, 2)}, "class_weights: expected none with linear, got (1, 2)"),
    ({"class_weights": (1, 0)}, "class_weights: expected numbers over 0, got (1, 0); leave rows out by"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[str(options) for options, _ in REFUSED])
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        LearnerSettings(**{"algorithm": "logistic", **options})


def test_learner_without_features_is_refused() -> None:
    with pytest.raises(ValueError, match="features: expected a number >= 1, got 0; give it the width of its rows"):
        make_learner(LearnerSettings("logistic"), 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0]], [1], [1]), "rows: expected (n, 2), got (1, 1); give a column for each feature"),
        (([1.0, 2.0], [1], [1]), "rows: expected (n, 2), got (2,)"),
        (([[1.0, 2.0]], [1, 0], [1]), "targets: expected (1,), got (2,); give each row one"),
        (([[1.0, 2.0]], [1], 1), "weights: expected (1,), got (); give each row one"),
    ],
    ids=["width", "one row", "targets", "weights"],
)
def test_arrays_of_other_shapes_are_refused_and_change_nothing(arguments: Any, message: str) -> None:
    learner = make_learner(LearnerSettings("logistic"), 2)
    before = learner.to_bytes()
    with pytest.raises(ValueError, match=re.escape(message)):
        learner.learn_many(*arguments)
    assert learner.to_bytes() == before

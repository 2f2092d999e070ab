"""Predictions of every row before it is learnt are those of River."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings
from tests.state.learners.streams import ENGINES

RIVER = json.loads((Path(__file__).parent / "data" / "river.json").read_text(encoding="utf-8"))
ROWS = np.asarray(RIVER["rows"])
OURS = {
    "logistic": LearnerSettings("logistic", rate=0.05),
    "linear": LearnerSettings("linear", rate=0.05),
    "softmax": LearnerSettings("softmax", rate=0.05, classes=3),
    "PA-I": LearnerSettings("passive_aggressive", aggressiveness=0.3, variant="PA-I"),
    "PA-II": LearnerSettings("passive_aggressive", aggressiveness=0.3, variant="PA-II"),
}


def targets_of(name: str) -> np.ndarray:
    return np.asarray(RIVER["targets"][RIVER["models"][name]["targets"]], float)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["linear", "logistic", "softmax"])
def test_predictions_are_rivers(name: str, engine: str) -> None:
    learner = make_learner(OURS[name], 4, engine=engine)  # type: ignore[arg-type]
    found = learner.learn_many(ROWS, targets_of(name), np.ones(80))
    np.testing.assert_allclose(found, RIVER["models"][name]["predictions"], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["PA-I", "PA-II"])
def test_margins_of_passive_aggressive_are_rivers(name: str, engine: str) -> None:
    learner, targets, margins = make_learner(OURS[name], 4, engine=engine), targets_of(name), []  # type: ignore[arg-type]
    for i, row in enumerate(ROWS):
        parameters = learner.parameters()
        margins.append(float(row @ parameters.weights[:, 0] + parameters.bias[0]))
        guessed = learner.learn_many(ROWS[i : i + 1], targets[i : i + 1], [1.0])
        assert guessed[0] == (margins[-1] > 0)
    shares = 1 / (1 + np.exp(-np.asarray(margins)))
    np.testing.assert_allclose(shares, RIVER["models"][name]["predictions"], rtol=1e-10)

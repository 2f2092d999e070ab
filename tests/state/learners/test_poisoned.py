"""Labels and features that are wrong by orders of magnitude."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings
from tests.state.learners.streams import EACH, ENGINES, plain, stream

pytestmark = pytest.mark.parametrize("engine", ENGINES)


@pytest.mark.parametrize("size", [1e3, 1e30, 1e160, 1e308])
@pytest.mark.parametrize("name", [name for name, settings in EACH.items() if settings.clip])
def test_clip_keeps_parameters_finite(name: str, engine: Any, size: float) -> None:
    settings = replace(EACH[name], clip=1.0)
    rows = plain(stream(settings, 400))
    rng = np.random.default_rng(4)
    rows.rows[rng.random(400) < 0.2] *= size / 10
    if settings.kind.targets == "numbers":
        rows.targets[rng.random(400) < 0.2] *= size / 10
    else:
        rows.targets[:] = rng.permutation(rows.targets)
    learner = make_learner(settings, 5, engine=engine)
    learner.learn_many(*rows)
    assert learner.is_finite()
    assert np.abs(learner.parameters().weights).max() < 100
    assert learner.learnt == 400


@pytest.mark.parametrize("algorithm", ["passive_aggressive", "passive_aggressive_regression"])
def test_aggressiveness_bounds_the_step_of_a_wrong_target(engine: Any, algorithm: Any) -> None:
    learner = make_learner(LearnerSettings(algorithm, aggressiveness=0.5), 2, engine=engine)
    learner.learn_many([[1.0, -1.0]], [1.0 if algorithm == "passive_aggressive" else 1e300], [1])
    assert np.abs(learner.parameters().weights).max() <= 0.5


def test_without_clip_the_learner_says_that_it_is_lost(engine: Any) -> None:
    learner = make_learner(LearnerSettings("linear", rate=1.0), 1, engine=engine)
    assert learner.is_finite()
    learner.learn_many([[1e200]], [1e150], [1])
    assert not learner.is_finite()


def test_gradient_that_overflows_is_skipped_and_counted(engine: Any) -> None:
    settings = LearnerSettings("linear", rate=0.1, clip=1.0)
    learner = make_learner(settings, 2, engine=engine)
    learner.learn_many([[1.0, 0.0]], [1.0], [1])
    before = learner.parameters()
    learner.learn_many([[1e200, 1e200]], [1.0], [1])
    np.testing.assert_array_equal(learner.parameters().weights, before.weights)
    assert (learner.skipped, learner.learnt) == (1, 2)


@pytest.mark.parametrize("margin", [750.0, -750.0])
def test_logistic_is_stable_at_any_margin(engine: Any, margin: float) -> None:
    learner = make_learner(LearnerSettings("logistic", rate=1e4), 1, engine=engine)
    learner.learn_many([[1.0]], [margin > 0], [1])
    with np.errstate(all="raise"):
        assert learner.predict_many([[1.0]])[0] == pytest.approx(float(margin > 0))


def test_softmax_is_stable_at_any_margin(engine: Any) -> None:
    learner = make_learner(LearnerSettings("softmax", rate=1e4, classes=3), 1, engine=engine)
    learner.learn_many([[1.0]], [2], [1])
    np.testing.assert_allclose(learner.predict_many([[1.0]]), [[0, 0, 1]], atol=1e-12)


def test_targets_that_are_no_class_are_skipped(engine: Any) -> None:
    for settings in (LearnerSettings("softmax", classes=3), LearnerSettings("passive_aggressive")):
        learner = make_learner(settings, 1, engine=engine)
        learner.learn_many(np.ones((4, 1)), [-1, 0.5, settings.classes, 1], np.ones(4))
        assert (learner.skipped, learner.learnt) == (3, 1)

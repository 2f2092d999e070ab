from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings
from tests.state.learners.streams import ENGINES

pytestmark = pytest.mark.parametrize("engine", ENGINES)
ROW = arrays(np.float64, (1, 3), elements=st.floats(-3, 3))


@given(row=ROW, is_positive=st.booleans())
def test_unbounded_step_makes_the_rows_loss_zero(engine: Any, row: Any, is_positive: bool) -> None:
    learner = make_learner(LearnerSettings("passive_aggressive", aggressiveness=1e9), 3, engine=engine)
    learner.learn_many(row, [is_positive], [1])
    parameters = learner.parameters()
    margin = float(row[0] @ parameters.weights[:, 0] + parameters.bias[0])
    assert margin * (1 if is_positive else -1) == pytest.approx(1)


@given(row=ROW, target=st.floats(-5, 5))
def test_unbounded_step_of_regression_ends_at_the_edge_of_what_has_no_loss(
    engine: Any, row: Any, target: float
) -> None:
    settings = LearnerSettings("passive_aggressive_regression", aggressiveness=1e9, epsilon=0.25)
    learner = make_learner(settings, 3, engine=engine)
    learner.learn_many(row, [target], [1])
    expected = np.sign(target) * max(0.0, abs(target) - 0.25)
    assert learner.predict_many(row)[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("variant", ["PA-I", "PA-II"])
def test_weight_is_a_factor_of_aggressiveness(engine: Any, variant: Any) -> None:
    rows, targets = np.array([[1.0, -2.0], [0.5, 3.0]]), [1, 0]
    first = make_learner(LearnerSettings("passive_aggressive", aggressiveness=0.06, variant=variant), 2, engine=engine)
    second = make_learner(LearnerSettings("passive_aggressive", aggressiveness=0.02, variant=variant), 2, engine=engine)
    first.learn_many(rows, targets, [1, 1])
    second.learn_many(rows, targets, [3, 3])
    np.testing.assert_array_equal(first.parameters().weights, second.parameters().weights)


def test_row_without_loss_changes_nothing(engine: Any) -> None:
    learner = make_learner(LearnerSettings("passive_aggressive"), 1, engine=engine)
    learner.learn_many([[4.0]], [1], [1])
    before = learner.parameters()
    learner.learn_many([[40.0]], [1], [1])
    np.testing.assert_array_equal(learner.parameters().weights, before.weights)

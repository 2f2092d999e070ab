from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from state.learners.make_learner import make_learner
from state.learners.schedules import SCHEDULES, Constant, Cosine, Exponential, InverseScaling, Step
from state.learners.settings import LearnerSettings


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_are_finite_and_not_over_the_first_rate(name: str) -> None:
    schedule = SCHEDULES[name]()
    factors = [schedule.factor(rows) for rows in (0, 1, 2, 1_000, 10**6, 10**9)]
    assert all(0 <= factor <= 1 for factor in factors)
    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Constant(), [1, 1, 1, 1]),
        (InverseScaling(1.0), [1, 1 / 2, 1 / 5, 1 / 11]),
        (Step(0.1, period=4), [1, 1, 0.1, 0.01]),
        (Exponential(0.5, period=2), [1, 0.5**0.5, 0.25, 2**-5]),
        (Cosine(8, least=0.0), [1, (1 + math.cos(math.pi / 8)) / 2, 0.5, 0]),
        (Cosine(8, warm_up=2, least=0.5), [0.5, 1, 0.5 + 0.25 * (1 + math.cos(math.pi / 4)), 0.5]),
    ],
    ids=repr,
)
def test_factor_after_0_1_4_and_10_rows(schedule: Any, expected: list[float]) -> None:
    assert [schedule.factor(rows) for rows in (0, 1, 4, 10)] == pytest.approx(expected)


def test_time_is_the_rows_learnt_alone() -> None:
    """The intercept of absolute loss moves by the rate of each row."""
    learner = make_learner(LearnerSettings("linear", loss="absolute", rate=8, schedule=Step(0.5, period=1)), 1)
    learner.learn_many(np.zeros((4, 1)), [99, 99, math.nan, 99], [1, 0, 1, 1])
    assert learner.parameters().bias[0] == 8 + 4
    learner.learn_many(np.zeros((1, 1)), [99], [1])
    assert learner.parameters().bias[0] == 8 + 4 + 2


def test_rate_can_be_scaled_for_the_rows_to_come_and_stays_so() -> None:
    settings = LearnerSettings("linear", loss="absolute", rate=1)
    learner = make_learner(settings, 1)
    learner.learn_many(np.zeros((1, 1)), [99], [1])
    learner.scale_rate(4)
    learner.scale_rate(0.5)
    again = make_learner(settings, 1)
    again.restore(learner.to_bytes())
    again.learn_many(np.zeros((2, 1)), [99, 99], [1, 1])
    assert again.parameters().bias[0] == 1 + 2 + 2


@pytest.mark.parametrize("factor", [0, -1, math.inf, math.nan])
def test_factor_out_of_range_is_refused(factor: float) -> None:
    learner = make_learner(LearnerSettings("logistic"), 1)
    with pytest.raises(ValueError, match=f"expected a factor over 0 that leaves the rate finite, got {factor}; 2 dou"):
        learner.scale_rate(factor)


@pytest.mark.parametrize(
    ("settings", "name"),
    [(LearnerSettings("logistic", "ftrl"), "ftrl"), (LearnerSettings("passive_aggressive"), "passive_aggressive")],
    ids=["ftrl", "passive-aggressive"],
)
def test_update_without_a_rate_cannot_be_scaled(settings: LearnerSettings, name: str) -> None:
    with pytest.raises(ValueError, match=f"expected an update with a rate, got {name}; use sgd, adagrad or adam"):
        make_learner(settings, 1).scale_rate(2)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "inverse_scaling",
            {"power": 0},
            "inverse_scaling: power: expected a number over 0, got 0; the default is 0.5",
        ),
        ("step", {"decay": 1}, "step: decay: expected a number over 0 and under 1, got 1"),
        ("step", {"period": 0}, "step: period: expected a number >= 1 rows, got 0"),
        ("exponential", {"decay": math.nan}, "exponential: decay: expected a number over 0 and under 1, got nan"),
        ("exponential", {"period": -1}, "exponential: period: expected a number >= 1 rows, got -1"),
        ("cosine", {"period": 0}, "cosine: period: expected a number >= 1 rows, got 0"),
        ("cosine", {"warm_up": -1}, "cosine: warm_up: expected a number >= 0 rows, got -1"),
        ("cosine", {"least": 1}, "cosine: least: expected a number 0 to under 1, got 1"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_setting_out_of_range_is_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SCHEDULES[name](**options)

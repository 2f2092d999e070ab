from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from state.learning.statistics.losses import LOSSES, Task, saturated_error

CHANCES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50)


@given(CHANCES)
def test_losses_of_chances_are_scikit_learns(rows: list[tuple[float, bool]]) -> None:
    chances, targets = (np.asarray(column, np.float64) for column in zip(*rows, strict=True))
    losses = LOSSES["binary"].by_name
    golden = metrics.log_loss(targets, chances, labels=[0, 1])
    assert losses["log_loss"](chances, targets).mean() == pytest.approx(golden, rel=1e-6)
    golden = metrics.brier_score_loss(targets, chances)
    assert losses["brier_score"](chances, targets).mean() == pytest.approx(golden, abs=1e-12)
    golden = 1 - metrics.accuracy_score(targets, chances > 0.5)
    assert losses["error_rate"](chances, targets).mean() == pytest.approx(golden, abs=1e-12)


@given(st.integers(0, 1000), st.integers(1, 40))
def test_losses_of_classes_are_scikit_learns(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    chances, targets = rng.dirichlet([1, 1, 1], rows), rng.integers(0, 3, rows).astype(np.float64)
    losses = LOSSES["classes"].by_name
    golden = metrics.log_loss(targets, chances, labels=[0, 1, 2])
    assert losses["log_loss"](chances, targets).mean() == pytest.approx(golden, rel=1e-9)
    golden = ((chances - np.eye(3)[targets.astype(int)]) ** 2).sum(axis=1).mean()
    assert losses["brier_score"](chances, targets).mean() == pytest.approx(golden, abs=1e-12)
    assert losses["error_rate"](chances, targets).mean() == pytest.approx(
        1 - metrics.accuracy_score(targets, chances.argmax(axis=1)), abs=1e-12
    )


def test_errors_of_numbers_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    said, targets = rng.normal(size=(2, 50))
    losses = LOSSES["numbers"].by_name
    assert losses["mse"](said, targets).mean() == pytest.approx(metrics.mean_squared_error(targets, said))
    assert losses["mae"](said, targets).mean() == pytest.approx(metrics.mean_absolute_error(targets, said))


@pytest.mark.parametrize("task", LOSSES)
def test_loss_for_detectors_is_0_when_right_and_grows_to_1(task: Task) -> None:
    if task == "classes":
        said = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    else:
        said = np.array([0.0, 1.0, 1e9]) if task == "numbers" else np.array([0.0, 0.5, 1.0])
    losses = LOSSES[task].shift(said, np.zeros(3))
    assert losses[0] == 0
    assert losses[2] == pytest.approx(1)
    assert losses[0] <= losses[1] <= losses[2]


def test_half_of_the_saturated_error_is_at_its_scale() -> None:
    assert saturated_error(np.array([30.0]), np.array([20.0]), scale=10.0).tolist() == [0.5]

"""Steps are those of the papers, written here as their algorithms are printed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from state.learners.linear_learner import LinearLearner
from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings
from tests.state.learners.streams import ENGINES, Stream, plain, stream

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def learnt(settings: LearnerSettings, rows: Stream, engine: Any) -> tuple[LinearLearner, NDArray[np.float64]]:
    learner = make_learner(settings, rows.rows.shape[1], engine=engine)
    return learner, learner.learn_many(*rows)


def parameters_of(learner: LinearLearner) -> NDArray[np.float64]:
    parameters = learner.parameters()
    return np.vstack([parameters.weights, parameters.bias])


def ftrl_by_the_paper(rows: Stream, alpha: float, beta: float, l1: float, l2: float) -> tuple[Any, Any, Any]:
    """Algorithm 1 of McMahan et al. 2013, with an intercept that has no penalty; predictions, weights and z."""
    n_i, z_i = [0.0] * (rows.rows.shape[1] + 1), [0.0] * (rows.rows.shape[1] + 1)
    last = len(n_i) - 1

    def weight(i: int) -> float:
        penalty, ridge = (0.0, 0.0) if i == last else (l1, l2)
        if abs(z_i[i]) <= penalty:
            return 0.0
        return -(((beta + n_i[i] ** 0.5) / alpha + ridge) ** -1) * (z_i[i] - np.sign(z_i[i]) * penalty)

    predictions = []
    for row, y, importance in zip(*rows, strict=True):
        w, x = [weight(i) for i in range(last + 1)], [*row, 1.0]
        p = 1 / (1 + np.exp(-sum(w_i * x_i for w_i, x_i in zip(w, x, strict=True))))
        predictions.append(p)
        for i in range(last + 1):
            g = importance * (p - y) * x[i]
            sigma = (np.sqrt(n_i[i] + g * g) - np.sqrt(n_i[i])) / alpha
            z_i[i] += g - sigma * w[i]
            n_i[i] += g * g
    return predictions, [weight(i) for i in range(last + 1)], z_i


@pytest.mark.parametrize(
    ("alpha", "beta", "l1", "l2"),
    [(0.1, 1.0, 0.0, 0.0), (0.5, 0.1, 0.8, 0.0), (0.1, 1.0, 2.0, 1.5)],
    ids=["no penalty", "lasso", "both"],
)
def test_ftrl_is_the_papers(engine: str, alpha: float, beta: float, l1: float, l2: float) -> None:
    settings = LearnerSettings("logistic", "ftrl", alpha=alpha, beta=beta, l1=l1, l2=l2)
    rows = stream(settings, 300)
    learner, predictions = learnt(settings, rows, engine)
    expected, weights, _ = ftrl_by_the_paper(rows, alpha, beta, l1, l2)
    np.testing.assert_allclose(predictions, expected, rtol=1e-10)
    np.testing.assert_allclose(parameters_of(learner)[:, 0], weights, rtol=1e-10, atol=1e-12)


@given(l1=st.floats(0.01, 8), seed=st.integers(0, 50))
def test_ftrl_weights_are_zero_exactly_where_the_penalty_covers_the_gradients(
    engine: str, l1: float, seed: int
) -> None:
    settings = LearnerSettings("logistic", "ftrl", l1=l1)
    rows = stream(settings, 40, seed=seed)
    learner, _ = learnt(settings, rows, engine)
    _, _, z = ftrl_by_the_paper(rows, 0.1, 1.0, l1, 0.0)
    assert (learner.parameters().weights[:, 0] == 0.0).tolist() == [abs(each) <= l1 for each in z[:-1]]


def test_ftrl_penalties_leave_the_intercept(engine: str) -> None:
    settings = LearnerSettings("logistic", "ftrl", l1=1e6, l2=1e6)
    learner, _ = learnt(settings, Stream(np.ones((50, 2)), np.ones(50), np.ones(50)), engine)
    assert learner.parameters().weights.tolist() == [[0.0], [0.0]]
    assert learner.parameters().bias[0] > 0.1


def softmax_errors(x: Any, y: float, w: Any) -> tuple[Any, Any]:
    powers = np.exp(w @ x)
    shares = powers / powers.sum()
    return shares, shares - np.eye(len(w))[int(y)]


@pytest.mark.parametrize("l2", [0.0, 0.05])
def test_adam_is_the_papers(engine: str, l2: float) -> None:
    """Algorithm 1 of Kingma and Ba 2015; L2 is part of the gradient, but for the intercept's."""
    settings = LearnerSettings("softmax", "adam", classes=3, rate=0.02, l2=l2)
    rows = plain(stream(settings, 150))
    learner, predictions = learnt(settings, rows, engine)
    w, m, v = (np.zeros((3, 6)) for _ in range(3))
    for t, (x, y) in enumerate(zip(rows.rows, rows.targets, strict=True), start=1):
        shares, errors = softmax_errors(np.append(x, 1), y, w)
        np.testing.assert_allclose(predictions[t - 1], shares, rtol=1e-9)
        g = np.outer(errors, np.append(x, 1)) + l2 * w * [1, 1, 1, 1, 1, 0]
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w - 0.02 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(parameters_of(learner), w.T, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("l2", [0.0, 0.05])
def test_adagrad_is_the_papers(engine: str, l2: float) -> None:
    """Figure 1 of Duchi, Hazan and Singer 2011, diagonal, without a set that bounds the parameters."""
    settings = LearnerSettings("softmax", "adagrad", classes=3, rate=0.3, l2=l2)
    rows = stream(settings, 150)
    learner, predictions = learnt(settings, rows, engine)
    w, total = np.zeros((3, 6)), np.zeros((3, 6))
    for x, y, weight, found in zip(*rows, predictions, strict=True):
        shares, errors = softmax_errors(np.append(x, 1), y, w)
        np.testing.assert_allclose(found, shares, rtol=1e-9)
        if weight:
            g = weight * np.outer(errors, np.append(x, 1)) + l2 * w * [1, 1, 1, 1, 1, 0]
            total += g**2
            w -= 0.3 * g / (np.sqrt(total) + 1e-8)
    np.testing.assert_allclose(parameters_of(learner), w.T, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("clip", [0.5, 3.0])
def test_clip_bounds_the_norm_of_each_gradient(engine: str, clip: float) -> None:
    settings = LearnerSettings("softmax", classes=3, rate=0.1, clip=clip)
    rows = stream(settings, 150)
    learner, _ = learnt(settings, rows, engine)
    w, norms = np.zeros((3, 6)), []
    for x, y, weight in zip(*rows, strict=True):
        g = weight * np.outer(softmax_errors(np.append(x, 1), y, w)[1], np.append(x, 1))
        norms.append(np.linalg.norm(g))
        w -= 0.1 * g * min(1.0, clip / max(norms[-1], 1e-12))
    assert min(norms) < clip < max(norms)
    np.testing.assert_allclose(parameters_of(learner), w.T, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "adam"])
def test_class_weights_are_weights_of_their_rows(engine: str, optimizer: Any) -> None:
    weighed = LearnerSettings("logistic", optimizer, rate=0.1, class_weights=(0.5, 3.0))
    rows = stream(weighed, 100)
    by_hand = rows._replace(weights=rows.weights * np.where(rows.targets == 1, 3.0, 0.5))
    first, _ = learnt(weighed, rows, engine)
    second, _ = learnt(LearnerSettings("logistic", optimizer, rate=0.1), by_hand, engine)
    np.testing.assert_array_equal(parameters_of(first), parameters_of(second))

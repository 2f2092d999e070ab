"""The mean of linear models."""

from __future__ import annotations

import numpy as np
import pytest

from models.learned.linear import LearnedLinear
from models.learned.shards.average import averaged
from tests.models.learned.samples import FEATURES, linear

ROWS = np.random.default_rng(5).normal([100, 40, 7], [30, 8, 2], size=(50, 3))


def models(count: int = 4) -> list[LearnedLinear]:
    rng = np.random.default_rng(1)
    return [
        linear(
            weights=rng.normal(size=(3, 1)),
            bias=rng.normal(size=1),
            mean=rng.normal([100, 40, 7], 3),
            scale=rng.uniform(1, 50, 3) * [1, 1, place % 2],
        )
        for place in range(count)
    ]


@pytest.mark.parametrize("rows", [[1.0, 1, 1, 1], [1000.0, 10, 0, 500]], ids=["alike", "unlike"])
def test_values_are_the_mean_of_the_values_of_all(rows: list[float]) -> None:
    found = averaged(models(), rows, np.array([100.0, 40, 7]), np.array([30.0, 8, 2]))
    expected = np.average([model.values(ROWS) for model in models()], axis=0, weights=rows)
    np.testing.assert_allclose(found.values(ROWS), expected, rtol=1e-12, atol=1e-9)


def test_weights_of_models_with_one_scale_are_their_mean() -> None:
    rng = np.random.default_rng(2)
    weights = rng.normal(size=(3, 3, 1))
    scale = np.array([30.0, 8.0, 2.0])
    each = [linear(weights=one, scale=scale) for one in weights]
    found = averaged(each, [3, 2, 1], linear().mean, scale)
    np.testing.assert_allclose(found.weights, np.average(weights, axis=0, weights=[3, 2, 1]), rtol=1e-12)
    assert (found.features, found.link, found.classes) == (FEATURES, "logistic", ("honest", "fraud"))


def test_models_that_have_learnt_nothing_count_alike() -> None:
    found = averaged(models(2), [0, 0], np.array([100.0, 40, 7]), np.array([30.0, 8, 2]))
    expected = np.mean([model.values(ROWS) for model in models(2)], axis=0)
    np.testing.assert_allclose(found.values(ROWS), expected, rtol=1e-12, atol=1e-9)

"""Sampled contributions beside the definition of Shapley values, and beside weights."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.explanations.shapley import sampled_contributions

Model = Callable[[np.ndarray], np.ndarray]
RNG = np.random.default_rng(5)
BACKGROUND = RNG.normal(size=(64, 4)).astype(np.float32)


def products(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, float)
    return x[:, 0] * x[:, 1] + np.where(x[:, 2] > 0, 2.0, -1.0) * x[:, 3] + x[:, 0]


def by_definition(model: Model, row: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Shapley values by all sets of features; a set's worth is the mean score with its features taken from the row."""
    width = len(row)

    def worth(chosen: tuple[int, ...]) -> float:
        rows = background.copy()
        rows[:, list(chosen)] = row[list(chosen)]
        return float(model(rows).mean())

    values = np.zeros(width)
    for feature in range(width):
        others = [each for each in range(width) if each != feature]
        for size in range(width):
            share = factorial(size) * factorial(width - size - 1) / factorial(width)
            for chosen in combinations(others, size):
                values[feature] += share * (worth((*chosen, feature)) - worth(chosen))
    return values


def test_contributions_are_near_the_definition() -> None:
    row = np.array([1.5, -2.0, 0.5, 1.0], np.float32)
    background = np.tile(BACKGROUND, (40, 1))
    found = sampled_contributions(products, row, background)
    np.testing.assert_allclose(found.values, by_definition(products, row, BACKGROUND), atol=0.03)
    assert found.base == pytest.approx(products(BACKGROUND).mean())


@given(row=st.lists(st.floats(-5, 5, width=32), min_size=4, max_size=4))
def test_contributions_and_base_add_up_to_the_score(row: list[float]) -> None:
    given_row = np.array(row, np.float32)
    found = sampled_contributions(products, given_row, BACKGROUND)
    score = products(given_row[np.newaxis])[0]
    assert found.values.sum() + found.base == pytest.approx(score, abs=1e-9)


def test_contributions_of_a_sum_are_exact() -> None:
    weights = np.array([2.0, -1.0, 0.0, 0.5])
    row = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    found = sampled_contributions(lambda x: np.asarray(x, float) @ weights, row, BACKGROUND)
    np.testing.assert_allclose(found.values, weights * (row - BACKGROUND.mean(axis=0, dtype=float)), atol=1e-12)


def test_a_model_without_a_score_has_no_contributions() -> None:
    row = np.array([np.nan, 1.0, 1.0, 1.0], np.float32)
    found = sampled_contributions(products, row, BACKGROUND)
    assert np.isnan(found.values[0])

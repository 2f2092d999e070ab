"""Rows drawn from a baseline have the distribution of training."""

from __future__ import annotations

import numpy as np

from state.drift.histograms import Histograms
from tests.state.drift.record_golden import baseline_document
from udfs.explanations.background import background_rows

SIZE = 5_000


def made(matrix: np.ndarray, cells: int = 20) -> Histograms:
    names = [f"f{place}" for place in range(matrix.shape[1])]
    return Histograms.from_json(baseline_document(matrix, names, np.zeros(len(matrix)), cells=cells))


def test_columns_have_the_quantiles_of_training() -> None:
    rng = np.random.default_rng(1)
    trained = np.column_stack([rng.normal(3, 2, SIZE), rng.gamma(2, 50, SIZE)]).astype(np.float32)
    drawn = background_rows(made(trained), 400)
    assert drawn.shape == (400, 2)
    for place in range(2):
        shares = np.arange(1, 10) / 10
        want = np.quantile(trained[:, place], shares)
        np.testing.assert_allclose(np.quantile(drawn[:, place], shares), want, atol=0.05 * trained[:, place].std())


def test_columns_are_drawn_apart_and_always_the_same() -> None:
    rng = np.random.default_rng(2)
    one = rng.normal(size=SIZE)
    drawn = background_rows(made(np.column_stack([one, one]).astype(np.float32)), 400)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.2
    np.testing.assert_array_equal(drawn, background_rows(made(np.column_stack([one, one]).astype(np.float32)), 400))


def test_missing_values_have_their_share() -> None:
    rng = np.random.default_rng(3)
    trained = np.where(rng.random(SIZE) < 0.3, np.nan, rng.normal(size=SIZE)).astype(np.float32)[:, np.newaxis]
    share = np.isnan(background_rows(made(trained), 200)).mean()
    assert abs(share - np.isnan(trained).mean()) < 0.01


def test_a_constant_stays_one() -> None:
    trained = np.full((SIZE, 1), 7.0, np.float32)
    np.testing.assert_allclose(background_rows(made(trained), 10), 7.0)

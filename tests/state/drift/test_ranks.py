from __future__ import annotations

import numpy as np
import pytest

from state.drift.baseline import make_baseline
from state.drift.sequential.ranks import TrainingRanks


def ranks_of(training: list[float], values: list[float]) -> list[float]:
    baseline = make_baseline(np.array(training)[:, np.newaxis], ["x"])
    return TrainingRanks(baseline, 0).of(np.array(values)).tolist()


def test_rank_is_the_share_below_and_half_of_the_own_cell() -> None:
    # Each of the four fills a cell.
    assert ranks_of([1, 2, 3, 4], [1, 2, 3, 4, 0.5, 9, 2.5]) == [0.125, 0.375, 0.625, 0.875, 0, 1, 0.5]


def test_training_rows_have_a_mean_rank_of_one_half_whatever_their_tail() -> None:
    training = np.exp(np.random.default_rng(0).normal(0, 3, 5000))
    assert np.mean(ranks_of(training.tolist(), training.tolist())) == pytest.approx(0.5, abs=1e-9)


def test_a_constant_is_told_from_what_is_above_and_below_it() -> None:
    assert ranks_of([7.0] * 100, [7.0, 6.9, 7.1, np.inf, -np.inf]) == [0.5, 0, 1, 1, 0]


def test_nan_stays_nan_and_says_nothing_where_training_had_no_value() -> None:
    assert np.isnan(ranks_of([1.0, 2.0, np.nan], [np.nan])).all()
    assert np.isnan(ranks_of([np.nan, np.nan], [1.0, np.nan])).all()

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.trackers.robust_z import RobustZSettings

VALUES = st.lists(st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, float("nan")])), max_size=40)


def scored(values: list[float], settings: RobustZSettings) -> list[float]:
    column = np.array(values, np.float64)[:, None]
    found: list[float] = settings.start(1).follow(np.arange(len(values)), column)[:, 0].tolist()
    return found


def naive(values: list[float], settings: RobustZSettings) -> list[float]:
    kept: list[float] = []
    found = []
    for value in values:
        before = kept[-settings.history :]
        if value != value:
            found.append(float("nan"))
            continue
        kept.append(value)
        if len(before) < settings.least:
            found.append(float("nan"))
            continue
        middle = statistics.median(before)
        distances = [abs(each - middle) for each in before]
        spread = 1.4826 * statistics.median(distances) or 1.253314 * statistics.fmean(distances)
        away = value - middle
        limit = settings.limit
        score = 0.0 if away == 0 else (limit if away > 0 else -limit) if spread == 0 else away / spread
        found.append(min(max(score, -limit), limit))
    return found


@given(VALUES)
def test_scores_are_those_of_a_loop(values: list[float]) -> None:
    settings = RobustZSettings(history=7, least=3, limit=20.0)
    np.testing.assert_allclose(scored(values, settings), naive(values, settings), rtol=1e-9, atol=1e-9)


def test_scores_of_normal_values_are_standard_normal() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(50, 3, 20_000).tolist()
    scores = np.array(scored(values, RobustZSettings(history=256, least=256)))[256:]
    assert np.mean(scores) == pytest.approx(0, abs=0.05)
    assert np.std(scores) == pytest.approx(1, abs=0.05)


def test_odd_values_in_the_history_do_not_hide_the_next() -> None:
    values = [float(i % 5) for i in range(40)] + [100.0] * 10
    assert min(scored(values, RobustZSettings(history=40, least=20))[40:]) > 15


def test_state_of_another_number_of_values_is_refused() -> None:
    one = RobustZSettings().start(1)
    with pytest.raises(ValueError, match="expected the state of 2 values, got one of 1"):
        RobustZSettings().start(2).restore(one.snapshot())

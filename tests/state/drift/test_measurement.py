from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.drift.measures.measurement import counts_of, drift_score


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_score_is_between_0_and_1(effect: float, noise: float) -> None:
    assert 0 <= drift_score(effect, noise, 0.25) <= 1


def test_large_effect_scores_what_the_alert_looks_for() -> None:
    assert drift_score(0.25, 0.0, 0.25) == pytest.approx(0.8)
    assert drift_score(0.3, 0.05, 0.25) == pytest.approx(0.8)
    assert drift_score(0.04, 0.05, 0.25) == 0


@pytest.mark.parametrize(
    ("baseline", "window"),
    [([1, 2], [1, 2, 3]), ([[1, 2]], [[1, 2]])],
    ids=["lengths differ", "matrices"],
)
def test_counts_of_other_cells_are_refused(baseline: list[int], window: list[int]) -> None:
    with pytest.raises(ValueError, match="counts over the same cells, got shapes"):
        counts_of(baseline, window)


@pytest.mark.parametrize("wrong", [[0.5, 0.5], [-1, 2], [np.nan, 1], [np.inf, 1]], ids=str)
def test_what_are_no_counts_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="window: expected counts, whole numbers >= 0"):
        counts_of([1, 2], wrong)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from state.drift.measures.chi_square import chi_square

FILLED = st.lists(st.tuples(st.integers(20, 500), st.integers(20, 500)), min_size=2, max_size=30)


@given(FILLED)
def test_filled_cells_give_scipys_statistic_and_p(cells: list[tuple[int, int]]) -> None:
    baseline, window = np.asarray(cells).T
    assume((baseline * min(1, window.sum() / baseline.sum())).min() >= 5)
    golden = stats.chi2_contingency([baseline, window], correction=False)
    result = chi_square(baseline, window)
    assert result.statistic == pytest.approx(golden.statistic, rel=1e-9, abs=1e-12)
    assert result.p == pytest.approx(golden.pvalue, rel=1e-7, abs=1e-14)


def test_effect_that_cohen_calls_large_scores_high_whatever_the_rows() -> None:
    for rows in (1_000, 1_000_000):
        window = np.asarray([0.5 - 0.25, 0.5 + 0.25]) * rows  # w² = 0.25 against even shares
        assert chi_square([10**9, 10**9], window).score == pytest.approx(0.8, abs=0.002)

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from state.drift.measures.psi import psi


def test_worked_by_hand() -> None:
    # Shares 1/4 each before, 0.1 0.2 0.3 0.4 after:
    # -0.15 ln 0.4 - 0.05 ln 0.8 + 0.05 ln 1.2 + 0.15 ln 1.6 = 0.137444 + 0.011157 + 0.009116 + 0.070501
    assert psi([25, 25, 25, 25], [10, 20, 30, 40]).statistic == pytest.approx(0.228218, abs=1e-6)


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), min_size=2, max_size=30))
def test_is_the_sum_of_scipys_relative_entropies(cells: list[tuple[int, int]]) -> None:
    baseline, window = np.asarray(cells).T
    golden = stats.entropy(window, baseline) + stats.entropy(baseline, window)
    assert psi(baseline, window).statistic == pytest.approx(golden, rel=1e-9, abs=1e-12)


def test_cell_empty_in_one_sample_counts_as_half_a_row_and_in_both_not_at_all() -> None:
    golden = (0.5 - 0.005) * math.log(0.5 / 0.005) + (0.5 - 1) * math.log(0.5)
    assert psi([100, 0, 0], [50, 50, 0]).statistic == pytest.approx(golden)


def test_p_is_the_chi_square_tail_of_the_index_over_its_scale() -> None:
    baseline, window = [2000] * 10, [210, 190, 205, 195, 200, 200, 230, 170, 200, 200]
    result = psi(baseline, window)
    assert result.p == pytest.approx(stats.chi2.sf(result.statistic / (1 / 20_000 + 1 / 2000), 9))

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from state.drift.measures.kolmogorov_smirnov import kolmogorov_smirnov

VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=60)


@pytest.mark.parametrize("rows", [50, 400])
def test_asymptotic_p_of_cells_is_near_the_exact_one(rows: int) -> None:
    rng = np.random.default_rng(4)
    baseline, window = rng.normal(size=rows), rng.normal(0.3, 1, size=rows)
    edges = np.sort(np.concatenate([baseline, window]))
    cells = [np.diff(np.searchsorted(np.sort(v), edges, side="right"), prepend=0) for v in (baseline, window)]
    result = kolmogorov_smirnov(*cells)
    golden = stats.ks_2samp(baseline, window, method="exact")
    assert result.statistic == pytest.approx(golden.statistic)
    assert result.p == pytest.approx(golden.pvalue, rel=0.2)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # SciPy's, for one value
@given(VALUES, VALUES, st.lists(st.floats(-100, 100), min_size=1, max_size=8, unique=True))
def test_gap_at_edges_is_at_most_that_over_values(
    baseline: list[float], window: list[float], cuts: list[float]
) -> None:
    edges = [*sorted(cuts), math.inf]
    cells = [np.diff(np.searchsorted(np.sort(v), edges, side="right"), prepend=0) for v in (baseline, window)]
    golden = stats.ks_2samp(baseline, window, method="asymp").statistic
    result = kolmogorov_smirnov(*cells)
    assert result.statistic <= golden + 1e-12


def test_nothing_to_compare() -> None:
    assert math.isnan(kolmogorov_smirnov([0, 0], [1, 2]).p)
    one = kolmogorov_smirnov([5, 0], [7, 0])
    assert (one.statistic, one.score) == (0, 0)
    assert math.isnan(one.p)

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from state.drift.measures.kolmogorov_smirnov import kolmogorov_smirnov, ks_bound, ks_exact

VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=60)


@pytest.mark.filterwarnings("ignore:ks_2samp:RuntimeWarning")
@given(VALUES, VALUES)
def test_values_give_scipys_gap_and_exact_p(baseline: list[float], window: list[float]) -> None:
    golden = stats.ks_2samp(baseline, window, method="exact")
    result = ks_exact(baseline, window)
    assert result.statistic == pytest.approx(golden.statistic, abs=1e-12)
    # If p is 1, SciPy's exact value exceeds 1 and SciPy falls back to the limit.
    assert result.p == pytest.approx(golden.pvalue, rel=1e-7 if golden.pvalue < 0.999 else 1e-3)


def test_large_samples_are_asymptotic_and_near_scipys() -> None:
    rng = np.random.default_rng(3)
    baseline, window = rng.normal(size=3000), rng.normal(0.05, 1, size=2000)
    golden = stats.ks_2samp(baseline, window, method="asymp")
    result = ks_exact(baseline, window)
    assert result.statistic == pytest.approx(golden.statistic)
    assert result.p == pytest.approx(golden.pvalue, rel=0.05)


@pytest.mark.parametrize("rows", [50, 400])
def test_asymptotic_p_of_cells_is_near_the_exact_one(rows: int) -> None:
    rng = np.random.default_rng(4)
    baseline, window = rng.normal(size=rows), rng.normal(0.3, 1, size=rows)
    edges = np.sort(np.concatenate([baseline, window]))
    cells = [np.diff(np.searchsorted(np.sort(v), edges, side="right"), prepend=0) for v in (baseline, window)]
    result = kolmogorov_smirnov(*cells)
    golden = ks_exact(baseline, window)
    assert result.statistic == pytest.approx(golden.statistic)
    assert result.p == pytest.approx(golden.p, rel=0.2)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # SciPy's, for one value
@given(VALUES, VALUES, st.lists(st.floats(-100, 100), min_size=1, max_size=8, unique=True))
def test_cells_bracket_the_gap_over_values(baseline: list[float], window: list[float], cuts: list[float]) -> None:
    edges = [*sorted(cuts), math.inf]
    cells = [np.diff(np.searchsorted(np.sort(v), edges, side="right"), prepend=0) for v in (baseline, window)]
    golden = stats.ks_2samp(baseline, window, method="asymp").statistic
    result = kolmogorov_smirnov(*cells)
    assert result.statistic <= golden + 1e-12
    assert golden <= ks_bound(*cells) + 1e-12


def test_nan_are_left_out_of_values() -> None:
    assert ks_exact([1, 2, math.nan], [2, 3]) == ks_exact([1, 2], [2, 3])


def test_nothing_to_compare() -> None:
    assert math.isnan(ks_exact([], [1.0]).p)
    assert math.isnan(ks_bound([0, 0], [1, 2]))
    one = kolmogorov_smirnov([5, 0], [7, 0])
    assert (one.statistic, one.score) == (0, 0)
    assert math.isnan(one.p)

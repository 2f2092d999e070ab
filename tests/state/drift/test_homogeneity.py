from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from state.drift import MEASURES
from state.drift.measures.homogeneity import expected_divergence, merge_neighbours
from state.drift.measures.measurement import Measure

MANY = 1500


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@pytest.mark.parametrize(("baseline_rows", "rows"), [(2000, 200), (50_000, 200), (50_000, 200_000), (500, 50)], ids=str)
def test_p_values_keep_their_level_without_drift(measure: Measure, baseline_rows: int, rows: int) -> None:
    rng = np.random.default_rng(7)
    shares = np.append(np.full(19, 0.0524), 0.0044)  # quantile cells, and rare NaN
    pairs = zip(rng.multinomial(baseline_rows, shares, MANY), rng.multinomial(rows, shares, MANY), strict=True)
    p = np.asarray([measure(*pair).p for pair in pairs])
    for level in (0.05, 0.0025):
        assert (p <= level).sum() <= stats.binom.ppf(0.999, MANY, level)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_value_never_seen_before_is_found_when_common_and_no_alarm_when_single(measure: Measure) -> None:
    constant = [0, 10_000, 0, 0]
    assert measure(constant, [0, 0, 200, 0]).p < 1e-6
    assert measure(constant, [0, 0, 200, 0]).score > 0.8
    assert measure(constant, [0, 199, 1, 0]).p > 0.01


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_sample_without_rows_is_not_computable(measure: Measure) -> None:
    for pair in (([0, 0], [1, 2]), ([1, 2], [0, 0]), ([], [])):
        result = measure(*pair)
        assert math.isnan(result.statistic)
        assert math.isnan(result.p)
        assert result.score == 0


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_one_cell_in_use_has_no_drift_and_no_p(measure: Measure) -> None:
    result = measure([0, 7, 0], [0, 9, 0])
    assert (result.statistic, result.score) == (0, 0)
    assert math.isnan(result.p)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=12))
def test_measures_stay_in_range_and_statistics_do_not_depend_on_which_sample_is_which(
    measure: Measure, cells: list[tuple[int, int]]
) -> None:
    one, other = measure(*np.asarray(cells).T), measure(*np.asarray(cells).T[::-1])
    assert one.statistic == pytest.approx(other.statistic, nan_ok=True, abs=1e-12)
    assert 0 <= one.score <= 1
    assert math.isnan(one.p) or 0 <= one.p <= 1


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=20), st.integers(1, 60))
def test_merging_loses_no_row_and_leaves_no_cell_too_light(cells: list[tuple[int, int]], least: int) -> None:
    counts = np.asarray(cells, np.int64).reshape(-1, 2).T
    merged = merge_neighbours(counts, counts[0], least)
    assert merged.sum(axis=1).tolist() == counts.sum(axis=1).tolist()
    if merged.shape[1] > 1:
        assert merged[0].min() >= least


@cache
def windows_of_quantile_cells(rows: int) -> tuple[np.ndarray, ...]:
    """Counts of windows without drift, in cells that quantiles of training rows bound; the same for each measure."""
    rng, found = np.random.default_rng(9), []
    for _ in range(1000):
        edges = np.sort(rng.random(10_000))[499::500][:19]
        found.append(np.bincount(np.searchsorted(edges, rng.random(rows)), minlength=20))
    return tuple(found)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@pytest.mark.parametrize("rows", [100, 800], ids=["five a cell", "forty a cell"])
def test_quantile_cells_keep_the_level_where_the_rules_for_sparse_cells_change(measure: Measure, rows: int) -> None:
    p = [measure(np.full(20, 500), window).p for window in windows_of_quantile_cells(rows)]
    assert (np.asarray(p) <= 0.05).sum() <= stats.binom.ppf(0.999, len(p), 0.05)


def test_divergence_without_drift_is_on_average_what_is_subtracted_from_it() -> None:
    rng = np.random.default_rng(8)
    before, now = rng.multinomial(5000, [0.1] * 10, 2000), rng.multinomial(2000, [0.1] * 10, 2000)
    values = [MEASURES["psi"](*pair).statistic for pair in zip(before, now, strict=True)]
    assert np.mean(values) == pytest.approx(expected_divergence(before[0], now[0]), rel=0.05)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from state.drift.column import BinnedColumn, categorical_edges, numeric_edges

FLOATS = arrays.arrays(np.float32, st.integers(0, 60), elements=st.floats(width=32))


def test_edges_of_distinct_values_cut_equal_shares() -> None:
    values = np.random.default_rng(0).permutation(1000).astype(np.float32)
    edges = numeric_edges(values, 20)
    assert len(edges) == 19
    assert np.histogram(values, [-np.inf, *np.nextafter(edges, np.inf), np.inf])[0].tolist() == [50] * 20


@given(FLOATS, st.integers(2, 25))
def test_edges_ascend_and_survive_json(values: np.ndarray, bins: int) -> None:
    for edges in (numeric_edges(values, bins), categorical_edges(values, bins)):
        BinnedColumn("x", "feature", "numeric", edges)
        assert np.asarray(edges, np.float32).tolist() == np.unique(np.asarray(edges, np.float32)).tolist()


@pytest.mark.parametrize("value", [0.0, -0.0, 0.1, 1e30, -7.0])
def test_constant_has_a_cell_of_its_own(value: float) -> None:
    edges = np.asarray(numeric_edges(np.full(50, value, np.float32), 20), np.float32)
    assert len(edges) == 2
    assert edges[0] < np.float32(value) == edges[1]
    assert np.nextafter(edges[0], np.float32(np.inf)) == edges[1]


def test_column_without_a_finite_value_has_no_edges() -> None:
    assert numeric_edges(np.asarray([np.nan, np.inf], np.float32), 20) == ()
    assert categorical_edges(np.asarray([np.nan], np.float32), 20) == ()


def test_commonest_codes_get_cells_and_the_smaller_of_equally_common_ones() -> None:
    edges = categorical_edges(np.repeat(np.asarray([3, 1, 2, 9], np.float32), [8, 6, 6, 5]), 2)
    assert np.asarray(edges[1::2]).tolist() == [1, 3]


def test_codes_never_seen_are_compared_as_one() -> None:
    column = BinnedColumn(
        "c",
        "feature",
        "categorical",
        categorical_edges(np.repeat(np.asarray([1, 2, 5, 7], np.float32), [5, 5, 5, 4]), 9),
    )
    # below 1, 1, between, 2, between, 5, above, NaN -> 1, 2, 5, NaN, others
    counts = np.asarray([1, 10, 2, 20, 3, 50, 4, 7])
    assert column.comparable(counts).tolist() == [10, 20, 50, 7, 1 + 2 + 3 + 4]


def test_nothing_but_unseen_codes_is_compared_as_one() -> None:
    assert BinnedColumn("c", "feature", "categorical", ()).comparable(np.asarray([3, 4])).tolist() == [4, 3]


@pytest.mark.parametrize("edges", [(2.0, 1.0), (1.0, 1.0), (float("inf"),), (float("nan"),)], ids=str)
def test_edges_that_do_not_ascend_are_refused(edges: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="column 'x': expected ascending finite edges, got"):
        BinnedColumn("x", "feature", "numeric", edges)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind numeric or categorical, got 'feature' and 'text'"):
        BinnedColumn("x", "feature", "text", ())  # type: ignore[arg-type]

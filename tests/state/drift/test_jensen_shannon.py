from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from state.drift.measures.jensen_shannon import jensen_shannon

CELLS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=30)


@given(CELLS.filter(lambda cells: np.asarray(cells).sum(axis=0).all()))
def test_distance_is_scipys(cells: list[tuple[int, int]]) -> None:
    baseline, window = np.asarray(cells).T
    golden = distance.jensenshannon(baseline, window, base=2)
    assert jensen_shannon(baseline, window).statistic == pytest.approx(golden, abs=1e-7)


def test_samples_with_no_cell_in_common_are_1_apart() -> None:
    assert jensen_shannon([500, 0], [0, 300]).statistic == 1
    assert jensen_shannon([500, 0], [0, 300]).score > 0.99


def test_p_is_the_chi_square_tail_of_the_divergence_over_its_scale() -> None:
    baseline, window = [2000] * 10, [210, 190, 205, 195, 200, 200, 230, 170, 200, 200]
    nats = distance.jensenshannon(baseline, window) ** 2
    golden = stats.chi2.sf(8 * nats / (1 / 20_000 + 1 / 2000), 9)
    assert jensen_shannon(baseline, window).p == pytest.approx(golden)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from state.drift.measures.benjamini_hochberg import benjamini_hochberg


@given(st.lists(st.floats(0, 1), max_size=40))
def test_q_values_are_scipys(p_values: list[float]) -> None:
    golden = stats.false_discovery_control(p_values) if p_values else []
    assert benjamini_hochberg(p_values) == pytest.approx(np.asarray(golden), rel=1e-12, abs=0)


def test_nan_is_no_test() -> None:
    q = benjamini_hochberg([0.01, np.nan, 0.04])
    assert q[[0, 2]] == pytest.approx(benjamini_hochberg([0.01, 0.04]))
    assert np.isnan(q[1])

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.learning.statistics.fading_sums import FadingSums
from tests.state.learning.cuts import CUTS, batches

RNG = np.random.default_rng(0)
CELLS, VALUES = RNG.integers(0, 5, (300, 2)), RNG.normal(size=(300, 2))
FADING = st.sampled_from([0.3, 0.9, 0.99, 0.9999, 1.0])


@given(FADING, st.integers(0, 300))
def test_sums_are_those_of_the_recurrence(fading: float, rows: int) -> None:
    golden = np.zeros(5)
    for cells, values in zip(CELLS[:rows], VALUES[:rows], strict=True):
        golden *= fading
        for cell, value in zip(cells, values, strict=True):
            golden[cell] += value
    sums = FadingSums(5, fading)
    sums.add(CELLS[:rows], VALUES[:rows])
    assert sums.totals == pytest.approx(golden, rel=1e-9, abs=1e-9)


@given(FADING, CUTS)
def test_cutting_the_stream_and_restoring_changes_no_bit(fading: float, cuts: list[int]) -> None:
    whole, parts = FadingSums(5, fading), FadingSums(5, fading)
    whole.add(CELLS, VALUES)
    for batch in batches(cuts):
        parts.add(CELLS[batch], VALUES[batch])
        again = FadingSums(5, fading)
        again.restore(parts.to_bytes())
        parts = again
    assert parts.to_bytes() == whole.to_bytes()
    assert parts.totals.tolist() == whole.totals.tolist()


def test_a_long_stream_neither_overflows_nor_vanishes() -> None:
    sums = FadingSums(1, 0.5)
    sums.add(np.zeros((5000, 1), np.int64), np.ones((5000, 1)))
    assert sums.totals == pytest.approx([2.0])


@pytest.mark.parametrize("fading", [0.0, 1.1, float("nan")])
def test_factor_out_of_range_is_refused(fading: float) -> None:
    with pytest.raises(ValueError, match=f"fading: expected a factor over 0 to 1, got {fading}; 0.999 looks back"):
        FadingSums(1, fading)


def test_sums_of_other_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 3 sums that fade by 0.5, got 2 that fade by 0.9; start without"):
        FadingSums(3, 0.5).restore(FadingSums(2, 0.9).to_bytes())
    with pytest.raises(ValueError, match=r"got 3 that fade by 0.9"):
        FadingSums(3, 0.5).restore(FadingSums(3, 0.9).to_bytes())

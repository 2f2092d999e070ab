from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from state.drift.measures.tails import chi_square_sf, hypergeometric_p, kolmogorov_sf


@given(st.floats(0, 2000), st.integers(1, 200))
def test_chi_square_tail_is_scipys(x: float, degrees: int) -> None:
    assert chi_square_sf(x, degrees) == pytest.approx(stats.chi2.sf(x, degrees), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(("x", "degrees"), [(400.0, 5), (1200.0, 30), (60.0, 1)])
def test_far_chi_square_tail_keeps_its_digits(x: float, degrees: int) -> None:
    assert chi_square_sf(x, degrees) == pytest.approx(stats.chi2.sf(x, degrees), rel=1e-9)


@pytest.mark.parametrize(("x", "p"), [(0.0, 1.0), (-1.0, 1.0), (float("inf"), 0.0), (1e6, 0.0)])
def test_ends_of_the_chi_square_tail(x: float, p: float) -> None:
    assert chi_square_sf(x, 3) == p


@given(st.floats(0, 6))
def test_kolmogorov_tail_is_scipys(x: float) -> None:
    assert kolmogorov_sf(x) == pytest.approx(special.kolmogorov(x), rel=1e-9, abs=1e-14)


@given(st.data())
def test_hypergeometric_p_is_twice_scipys_tail_on_the_side_of_the_mean(data: st.DataObject) -> None:
    total = data.draw(st.integers(1, 5000))
    marked, sample = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    drawn = data.draw(st.integers(max(0, marked + sample - total), min(marked, sample)))
    law = stats.hypergeom(total, marked, sample)
    tail = law.sf(drawn - 1) if drawn * total >= marked * sample else law.cdf(drawn)
    assert hypergeometric_p(drawn, marked, sample, total) == pytest.approx(min(1.0, 2 * tail), rel=1e-6, abs=1e-12)

from __future__ import annotations

import math

import numpy as np
import pytest
import ville
from hypothesis import given
from hypothesis import strategies as st

from state.experiments.confidence import Boundary, OneSided, TwoSided, mixture_rho

BOUNDARIES = (TwoSided, OneSided)
CLOCKS = np.array([1, 10, 100, 5000, 10**6, 10**9])


def test_published_check_at_the_planned_clock() -> None:
    assert mixture_rho(0.05, 5000) == pytest.approx(0.03984, abs=5e-6)
    assert TwoSided().half_width(1.0, 5000) / 1.959964 == pytest.approx(1.549, abs=5e-4)


@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.2])
def test_two_sided_boundary_is_villes_normal_mixture(alpha: float) -> None:
    precision = mixture_rho(alpha, 777) ** -2
    golden = ville.normal_mixture(CLOCKS, alpha, precision) / np.sqrt(CLOCKS)
    assert TwoSided(alpha, 777).half_width(1.0, CLOCKS) == pytest.approx(golden, rel=1e-9)


@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.2])
def test_one_sided_boundary_is_little_above_villes_exact_half_normal_mixture(alpha: float) -> None:
    precision = mixture_rho(2 * alpha, 777) ** -2
    exact = ville.normal_mixture(CLOCKS, alpha, precision, one_sided=True) / np.sqrt(CLOCKS)
    ratio = OneSided(alpha, 777).half_width(1.0, CLOCKS) / exact
    assert (ratio >= 1).all()
    assert ratio.max() < (1.03 if alpha <= 0.05 else 1.15)


@pytest.mark.parametrize("seed", range(3))
def test_p_of_two_sides_is_that_of_villes_sequential_ratio_test(seed: int) -> None:
    x = np.random.default_rng(seed).normal(0.05, 2, 3000)
    boundary = TwoSided(0.05, 500)
    golden = ville.MSPRT(sigma=2, tau=2 * mixture_rho(0.05, 500)).fit(x).p_values_
    n = np.arange(1, x.size + 1)
    p = np.minimum.accumulate(boundary.p_value(np.cumsum(x) / n, 2 / np.sqrt(n), n))
    assert p == pytest.approx(golden, rel=1e-9)


@pytest.mark.parametrize("kind", BOUNDARIES)
@given(st.floats(0.001, 0.4), st.floats(-10, 10), st.floats(1e-3, 10), st.floats(1, 1e7), st.floats(1, 1e6))
def test_interval_excludes_zero_exactly_when_p_is_alpha_or_less(
    kind: type[TwoSided | OneSided], alpha: float, difference: float, se: float, clock: float, planned: float
) -> None:
    boundary = kind(alpha, planned)
    half = float(boundary.half_width(se, clock))
    p = float(boundary.p_value(difference, se, clock))
    distance = abs(difference) if boundary.has_upper else difference
    if not math.isclose(distance, half, rel_tol=1e-9):
        assert (p <= alpha) == (distance >= half)
    assert float(boundary.p_value(half, se, clock)) == pytest.approx(alpha, rel=1e-6)


@pytest.mark.parametrize("kind", BOUNDARIES)
@pytest.mark.parametrize(("se", "clock"), [(0.0, 50), (math.nan, 50), (math.inf, 50), (1.0, 0)], ids=str)
def test_nothing_is_known_without_a_standard_error_or_before_the_clock_starts(
    kind: type[TwoSided | OneSided], se: float, clock: float
) -> None:
    boundary: Boundary = kind()
    assert boundary.half_width(se, clock) == math.inf
    assert boundary.p_value(1.0, se, clock) == 1.0


def test_one_side_is_narrower_than_two_from_the_planned_clock_on() -> None:
    under_way = CLOCKS[CLOCKS >= 5000]
    assert (OneSided().half_width(1.0, under_way) < TwoSided().half_width(1.0, under_way)).all()


@pytest.mark.parametrize("boundary", [TwoSided(0.1, 400), OneSided(0.1, 400)], ids=["two sides", "one side"])
def test_paths_without_a_difference_cross_no_more_often_than_stated(boundary: Boundary) -> None:
    rng, paths = np.random.default_rng(5), 1000
    n = np.arange(1, 4001)
    crossed = 0
    half = boundary.half_width(1 / np.sqrt(n), n)
    for _ in range(paths):
        mean = np.cumsum(rng.standard_normal(n.size)) / n
        crossed += bool(((np.abs(mean) if boundary.has_upper else mean) >= half).any())
    assert 0.3 * 0.1 * paths < crossed <= 0.1 * paths + 3 * math.sqrt(paths * 0.09)


@pytest.mark.parametrize(("kind", "alpha"), [(TwoSided, 0.0), (TwoSided, 1.0), (OneSided, 0.5)], ids=str)
def test_alpha_out_of_range_is_refused(kind: type[TwoSided | OneSided], alpha: float) -> None:
    with pytest.raises(ValueError, match=r"alpha: expected a number between 0 and 1, below 0\.5 on one side"):
        kind(alpha)


def test_planned_clock_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="planned: expected a clock > 0, got 0"):
        TwoSided(0.05, 0)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tea_tasting.aggr import Aggregates

from state.experiments.moments import COVARIATE, D, Moments, X


def units_of(seed: int, n: int, centre: float = 0.0) -> NDArray[np.float64]:
    """Value, denominator and covariate of correlated units, (3, n)."""
    rng = np.random.default_rng(seed)
    d, covariate = 1.0 + rng.poisson(2, n), rng.lognormal(0, 1, n)
    return np.stack([centre + d * rng.exponential(2, n) + covariate, d, covariate])


def theirs(units: NDArray[np.float64]) -> Aggregates:
    names = ("x", "d", "c")
    pairs = [(0, 1), (0, 2), (1, 2)]
    covariance = np.cov(units)
    return Aggregates(
        count_=units.shape[1],
        mean_={name: float(mean) for name, mean in zip(names, units.mean(axis=1), strict=True)},
        var_={name: float(covariance[i, i]) for i, name in enumerate(names)},
        cov_={tuple(sorted((names[i], names[j]))): float(covariance[i, j]) for i, j in pairs},
    )


def assert_same(found: Moments, golden: Moments, rel: float = 1e-9) -> None:
    assert found.count == pytest.approx(golden.count)
    assert found.means == pytest.approx(golden.means, rel=rel)
    assert found.products == pytest.approx(golden.products, rel=rel, abs=rel * float(np.abs(golden.products).max()))


def test_sums_of_parts_are_tea_tastings() -> None:
    parts = [units_of(seed, n) for seed, n in enumerate((3, 40, 500))]
    found, golden = Moments.from_units(*parts[0]), theirs(parts[0])
    for part in parts[1:]:
        found, golden = found + Moments.from_units(*part), golden + theirs(part)
    assert found.ratio == pytest.approx(golden.mean("x") / golden.mean("d"))
    assert found.variance_of_mean == pytest.approx(golden.var("x") / golden.count())
    assert found.variance_of_ratio == pytest.approx(golden.ratio_var("x", "d") / golden.count())
    assert found.covariance(X, COVARIATE) == pytest.approx(golden.cov("x", "c"))
    assert found.covariance(D, COVARIATE) == pytest.approx(golden.cov("d", "c"))


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6), st.floats(-1e6, 1e6))
def test_any_split_gives_the_whole(sizes: list[int], centre: float) -> None:
    units = units_of(1, sum(sizes), centre)
    parts = np.split(units, np.cumsum(sizes)[:-1], axis=1)
    merged = Moments.from_units(*parts[0])
    for part in parts[1:]:
        merged += Moments.from_units(*part)
    assert_same(merged, Moments.from_units(*units), rel=1e-7)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 100))
def test_replaced_values_give_what_a_new_sum_gives(n: int, changed: int, seed: int) -> None:
    units, changed = units_of(seed, n), min(changed, n)
    grown = units.copy()
    grown[:2, :changed] += units_of(seed + 1, changed)[:2]
    x, d, covariate = units[:, :changed]
    new_x, new_d, _ = grown[:, :changed]
    found = Moments.from_units(*units).updated(x, new_x, old_d=d, new_d=new_d, covariate=covariate)
    assert_same(found, Moments.from_units(*grown), rel=1e-8)
    back = found.updated(new_x, x, old_d=new_d, new_d=d, covariate=covariate, new_covariate=2 * covariate)
    units[2, :changed] *= 2
    assert_same(back, Moments.from_units(*units), rel=1e-8)


def test_units_that_grow_a_thousand_times_keep_their_digits() -> None:
    rng = np.random.default_rng(0)
    x = np.full(50, 1e6)
    moments = Moments.from_units(x)
    for _ in range(1000):
        chosen = rng.choice(50, 5, replace=False)
        old = x[chosen].copy()
        x[chosen] += rng.normal(3, 1, 5)
        moments = moments.updated(old, x[chosen])
    assert moments.mean == pytest.approx(x.mean(), rel=1e-12)
    assert moments.variance_of_mean == pytest.approx(x.var(ddof=1) / 50, rel=1e-7)


def test_leading_axes_are_arms_of_their_own() -> None:
    units = np.stack([units_of(seed, 20) for seed in range(6)]).reshape(2, 3, 3, 20)
    found = Moments.from_units(*np.moveaxis(units, 2, 0))
    assert found.count.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        alone = Moments.from_units(*units[i, j])
        assert found.variance_of_ratio[i, j] == pytest.approx(float(alone.variance_of_ratio))


def test_variance_of_a_ratio_over_one_is_that_of_the_mean() -> None:
    moments = Moments.from_units(units_of(3, 50)[0])
    assert moments.variance_of_ratio == pytest.approx(float(moments.variance_of_mean))
    assert moments.ratio == pytest.approx(float(moments.mean))


@pytest.mark.parametrize("n", [0, 1])
def test_few_units_have_no_variance(n: int) -> None:
    moments = Moments.from_units(np.ones(n))
    assert np.isnan(moments.variance_of_mean)
    assert np.isnan(moments.variance_of_ratio)


def test_empty_moments_add_nothing() -> None:
    units = units_of(4, 10)
    assert_same(Moments.from_units([]) + Moments.from_units(*units), Moments.from_units(*units))
    assert np.isnan(Moments.from_units([]).ratio)


def test_packed_and_unpacked_they_are_the_same() -> None:
    moments = Moments.from_units(*np.stack([units_of(seed, 9) for seed in range(4)], axis=1))
    assert moments.pack().shape == (4, 11)
    assert_same(Moments.unpack(moments.pack()), moments, rel=0)


def test_refused() -> None:
    with pytest.raises(ValueError, match=r"units: expected x, d and covariate of one shape, got \(2,\), \(3,\)"):
        Moments.from_units([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="units: expected numbers, got nan; leave units without a value out"):
        Moments.from_units([1, np.nan])
    with pytest.raises(ValueError, match=r"no more than the 2.0 counted, got \(3,\) old and \(3,\) new"):
        Moments.from_units([1, 2]).updated([1, 2, 3], [2, 3, 4])
    with pytest.raises(ValueError, match="moments: expected 11 numbers of version 1, got"):
        Moments.unpack(np.r_[2, Moments.from_units([1, 2]).pack()[1:]])

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics import RatioOfMeans

from state.experiments.difference import adjusted_difference, difference
from state.experiments.moments import Moments


def arm(seed: int, n: int, lift: float) -> NDArray[np.float64]:
    """Value, denominator and covariate of units, (3, n)."""
    rng = np.random.default_rng(seed)
    covariate, d = rng.lognormal(0, 1, n), 1.0 + rng.poisson(3, n)
    return np.stack([d * (lift + 0.5 * covariate + rng.normal(0, 1, n)), d, covariate])


def theirs(units: NDArray[np.float64]) -> Aggregates:
    covariance = np.cov(units)
    return Aggregates(
        count_=units.shape[1],
        mean_={name: float(units[i].mean()) for i, name in enumerate("xdc")},
        var_={name: float(covariance[i, i]) for i, name in enumerate("xdc")},
        cov_={
            ("d", "x"): float(covariance[0, 1]),
            ("c", "x"): float(covariance[0, 2]),
            ("c", "d"): float(covariance[1, 2]),
        },
    )


TREATMENT, CONTROL = arm(1, 700, 0.2), arm(2, 400, 0.0)


def statistics_of(*arms: NDArray[np.float64]) -> dict[str, float]:
    return {name: float(stats.ttest_ind(*arms, equal_var=name == "student").statistic) for name in ("welch", "student")}


@pytest.mark.parametrize(
    ("sizes", "larger"), [((300, 40), "student"), ((40, 300), "welch")], ids=["few calm", "few wild"]
)
def test_statistic_is_scipys_with_the_larger_standard_error(sizes: tuple[int, int], larger: str) -> None:
    rng = np.random.default_rng(0)
    treatment, control = rng.normal(1.0, 2.0, sizes[0]), rng.normal(0.0, 1.0, sizes[1])
    found = difference(Moments.from_units(treatment), Moments.from_units(control))
    golden = statistics_of(treatment, control)
    assert found.difference / found.se == pytest.approx(golden[larger], rel=1e-12)
    assert golden[larger] == min(golden.values())
    assert found.units == 340


def test_statistic_of_even_arms_from_means_and_deviations_is_scipys() -> None:
    means, n = [0.31, 0.29], 1000
    arms = [Moments.from_units(np.repeat([1.0, 0.0], [round(p * n), round((1 - p) * n)])) for p in means]
    found = difference(*arms)
    deviations = [np.sqrt(p * (1 - p) * n / (n - 1)) for p in means]
    golden = stats.ttest_ind_from_stats(means[0], deviations[0], n, means[1], deviations[1], n, equal_var=False)
    assert found.difference / found.se == pytest.approx(golden.statistic, rel=1e-9)


@pytest.mark.parametrize("covariate", [None, "c"], ids=["plain", "adjusted"])
@pytest.mark.parametrize("denominator", [None, "d"], ids=["mean", "ratio"])
def test_difference_is_tea_tastings_with_the_larger_standard_error(
    denominator: str | None, covariate: str | None
) -> None:
    goldens = [
        RatioOfMeans("x", denominator, covariate, use_t=False, equal_var=equal_var).analyze_aggregates(
            theirs(CONTROL), theirs(TREATMENT)
        )
        for equal_var in (False, True)
    ]
    arms = [Moments.from_units(x, d if denominator else None, c) for x, d, c in (TREATMENT, CONTROL)]
    found = (adjusted_difference if covariate else difference)(*arms)
    assert found.difference == pytest.approx(goldens[0].effect_size, rel=1e-9)
    assert found.difference / found.se == pytest.approx(
        min((golden.statistic for golden in goldens), key=abs), rel=1e-9
    )
    assert (found.treatment, found.control) == (
        pytest.approx(goldens[0].treatment),
        pytest.approx(goldens[0].control),
    )


def test_few_units_that_are_alike_borrow_the_spread_of_the_many() -> None:
    many = np.repeat([1.0, 0.0], [1000, 9000])
    found = difference(Moments.from_units(np.zeros(10)), Moments.from_units(many))
    assert found.se == pytest.approx(0.3 / np.sqrt(10), rel=1e-2)


def test_clocks_are_units_and_events() -> None:
    found = difference(*(Moments.from_units(*units) for units in (TREATMENT, CONTROL)))
    assert found.units == 1100
    assert found.events == pytest.approx(TREATMENT[1].sum() + CONTROL[1].sum())


def test_covariate_narrows_by_what_it_explains() -> None:
    rng = np.random.default_rng(3)
    covariate = rng.normal(size=(2, 20_000))
    x = 0.8 * covariate + 0.6 * rng.normal(size=covariate.shape)
    arms = [Moments.from_units(x[i], covariate=covariate[i]) for i in range(2)]
    ratio = (adjusted_difference(*arms).se / difference(*arms).se) ** 2
    assert ratio == pytest.approx(1 - 0.8**2, abs=0.01)


def test_covariate_that_does_not_vary_takes_nothing_off() -> None:
    arms = [Moments.from_units(units[0]) for units in (TREATMENT, CONTROL)]
    plain, adjusted = difference(*arms), adjusted_difference(*arms)
    assert (adjusted.difference, adjusted.se) == (plain.difference, pytest.approx(float(plain.se), rel=1e-12))


def test_arm_without_units_has_no_standard_error() -> None:
    found = difference(Moments.from_units([]), Moments.from_units([1, 2]))
    assert np.isnan(found.se)
    assert np.isnan(found.difference)

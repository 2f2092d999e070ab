from __future__ import annotations

import numpy as np
import pytest


def test_rank_of_the_training_data_equals_its_empirical_distribution(compute) -> None:
    sample = np.random.default_rng(2).exponential(50.0, 1001)
    quantiles = np.quantile(sample, np.linspace(0, 1, 1001)).tolist()
    result = compute("quantile", {"amount": sample}, "amount", quantiles=quantiles)[:, 0]
    np.testing.assert_allclose(result, np.argsort(np.argsort(sample)) / 1000, atol=1e-12)


@pytest.mark.parametrize(
    ("quantiles", "values", "golden"),
    [
        ([0, 1, 1, 1, 2], [-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 9.0], [0.0, 0.0, 0.125, 0.5, 0.875, 1.0, 1.0]),
        ([0, 0, 0, 1, 2], [-1.0, 0.0, 0.5, 1.0, 2.0], [0.0, 0.0, 0.625, 0.75, 1.0]),
    ],
    ids=["inside", "at-the-end"],
)
def test_ties_rank_as_in_scikit_learn(compute, quantiles, values, golden) -> None:
    # scikit-learn 1.9.1: QuantileTransformer(n_quantiles=5) with its quantiles_ set to these
    result = compute("quantile", {"amount": np.array([*values, np.nan])}, "amount", quantiles=quantiles)[:, 0]
    np.testing.assert_allclose(result, [*golden, np.nan])


@pytest.mark.parametrize("quantiles", [[2, 1], [1, 1]])
def test_quantiles_that_do_not_rise_are_refused(build, quantiles) -> None:
    with pytest.raises(ValueError, match=r"quantiles in rising order, got .*; sort them"):
        build("quantile", "amount", quantiles=quantiles)

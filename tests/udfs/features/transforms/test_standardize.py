from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


def test_scores_of_the_sample_itself_have_mean_zero_and_stddev_one(compute) -> None:
    sample = pd.Series(np.random.default_rng(1).gamma(2.0, 40.0, 500))
    mean, stddev = float(sample.mean()), float(sample.std(ddof=0))
    result = pd.Series(
        compute("standardize", {"amount": sample.to_numpy()}, "amount", mean=mean, stddev=stddev)[:, 0]
    )
    assert result.mean() == pytest.approx(0.0, abs=1e-12)
    assert result.std(ddof=0) == pytest.approx(1.0)


def test_null_stays_nan(compute) -> None:
    result = compute("standardize", {"amount": np.array([np.nan, 4.0])}, "amount", mean=2, stddev=4)
    np.testing.assert_array_equal(result[:, 0], [np.nan, 0.5])


@pytest.mark.parametrize(("stddev", "shown"), [(0, "0"), (0.0, "0"), (-1.5, "-1.5")])
def test_stddev_not_above_zero_is_refused(build, stddev, shown) -> None:
    with pytest.raises(
        ValueError, match=rf"feature 'x' \(standardize\): expected stddev > 0, got {shown}; take it"
    ):
        build("standardize", "amount", mean=0, stddev=stddev)

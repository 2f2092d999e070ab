"""Pooled scores, against those of all rows together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.metrics.pooled import pooled_scores

_NUMBERS = st.lists(st.floats(-100, 100), min_size=1, max_size=20)


@given(st.lists(_NUMBERS, min_size=1, max_size=5))
def test_pooled_errors_are_those_of_all_rows_together(parts: list[list[float]]) -> None:
    scores = [
        (
            len(errors),
            {
                "mae": float(np.mean(np.abs(errors))),
                "mse": float(np.mean(np.square(errors))),
                "rmse": float(np.sqrt(np.mean(np.square(errors)))),
            },
        )
        for errors in parts
    ]
    pooled, errors = pooled_scores(scores), np.concatenate(parts)
    assert pooled["mae"] == pytest.approx(np.mean(np.abs(errors)), abs=1e-9)
    assert pooled["mse"] == pytest.approx(np.mean(np.square(errors)), abs=1e-9)
    assert pooled["rmse"] == pytest.approx(math.sqrt(np.mean(np.square(errors))), abs=1e-9)


def test_standard_error_is_that_of_the_mean_of_independent_parts() -> None:
    rng, shares, errors = np.random.default_rng(3), np.array([0.75, 0.25]), np.array([0.02, 0.05])
    means = rng.normal(0.8, errors, (200_000, 2)) @ shares
    pooled = pooled_scores((300 * share, {"auc_roc_error": error}) for share, error in zip(shares, errors, strict=True))
    assert pooled["auc_roc_error"] == pytest.approx(means.std(), rel=0.01)


def test_parts_without_rows_count_alike() -> None:
    assert pooled_scores([(0, {"mae": 1.0}), (0, {"mae": 2.0})]) == {"mae": 1.5}


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf], ids=["none", "nan", "infinite"])
def test_score_that_a_part_lacks_is_that_of_the_others(unknown: float | None) -> None:
    parts = [(10, {"mae": unknown, "auc_roc": unknown}), (10, {"mae": 2.0}), (30, {"mae": 4.0})]
    assert pooled_scores(parts) == {"mae": 3.5}
    assert pooled_scores([]) == {}

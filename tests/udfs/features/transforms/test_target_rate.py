from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

COUNTRIES = np.array(["FR", "DE", None, "XX"], dtype=object)


def test_rates_are_those_of_the_table_and_prior_elsewhere(compute) -> None:
    table = {"FR": 0.25, "DE": [1, 10]}
    result = compute("target_rate", {"country": COUNTRIES}, "country", table=table, prior=0.02)[:, 0]
    assert result.tolist() == [0.25, 0.1, 0.02, 0.02]


def test_smoothing_equals_adding_rows_at_the_prior(compute) -> None:
    rows = pd.DataFrame({"country": ["FR"] * 4 + ["DE"] * 2, "hit": [1, 0, 0, 0, 1, 1]})
    counts = rows.groupby("country")["hit"].agg(["sum", "count"])
    table = {country: row.tolist() for country, row in counts.iterrows()}
    prior, smoothing = 0.1, 20
    result = compute(
        "target_rate", {"country": COUNTRIES}, "country", table=table, prior=prior, smoothing=smoothing
    )
    padded = [pd.Series([1, 0, 0, 0] + [prior] * 20).mean(), pd.Series([1, 1] + [prior] * 20).mean()]
    np.testing.assert_allclose(result[:2, 0], padded)


def test_order_of_the_table_is_no_part_of_the_feature(build) -> None:
    one = build("target_rate", "country", table={"FR": 0.1, "DE": 0.2}, prior=0.1)
    assert one == build("target_rate", "country", table={"DE": 0.2, "FR": 0.1}, prior=0.1)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"prior": 2}, "prior in 0..1, got 2; give the rate over all training rows"),
        ({"smoothing": -1}, "smoothing >= 0 rows, got -1"),
        (
            {"smoothing": 5},
            r"table\['FR'\]: \[hits, rows\], which smoothing needs, got 0.1; or drop smoothing",
        ),
        ({"table": {}}, "table: a table with at least one row"),
        ({"table": {"FR": 1.5}}, r"table\['FR'\]: a rate in 0..1 or 0 <= hits <= rows > 0, got 1.5"),
        ({"table": {"FR": [3, 2]}}, r"table\['FR'\]: a rate in 0..1 or"),
        ({"table": {"FR": [1]}}, r"table\['FR'\]: a rate or \[hits, rows\], got \[1\]"),
        ({"table": {7: 0.1}}, "table: texts, as the column holds, got 7"),
    ],
)
def test_wrong_parameters_are_refused(build, changes, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("target_rate", "country", **{"table": {"FR": 0.1}, "prior": 0.1, **changes})

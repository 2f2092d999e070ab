from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

AMOUNTS = np.array([1.5, np.nan, -2.0])


def test_null_becomes_the_default(compute) -> None:
    expected = pd.Series(AMOUNTS).fillna(9.0).to_numpy()
    np.testing.assert_array_equal(
        compute("numerical", {"amount": AMOUNTS}, "amount", default=9)[:, 0], expected
    )


def test_null_stays_nan_without_a_default(compute) -> None:
    np.testing.assert_array_equal(compute("numerical", {"amount": AMOUNTS}, "amount")[:, 0], AMOUNTS)


def test_booleans_become_zero_and_one(compute) -> None:
    assert compute("numerical", {"flag": np.array([True, False])}, "flag")[:, 0].tolist() == [1.0, 0.0]


def test_dotted_path_of_a_field_names_the_field(build) -> None:
    assert build("numerical", "customer.visits").inputs == ("visits",)


@pytest.mark.parametrize("default", ["1", True, float("nan"), [1]], ids=repr)
def test_default_that_is_no_number_is_refused(build, default) -> None:
    with pytest.raises(ValueError, match="default: a finite number, got "):
        build("numerical", "amount", default=default)


def test_text_column_is_refused(build) -> None:
    text = r"expected a column of type long\|double\|decimal\|boolean, got 'country' of type string"
    with pytest.raises(ValueError, match=text):
        build("numerical", "country")


def test_unknown_column_names_the_nearest(build) -> None:
    with pytest.raises(
        ValueError, match="an event field or an aggregation, got 'amout'; nearest valid name 'amount'"
    ):
        build("numerical", "amout")


def test_missing_source_is_refused(build) -> None:
    with pytest.raises(
        ValueError, match="expected source: a column, got none; add source: NAME of an event field"
    ):
        build("numerical")

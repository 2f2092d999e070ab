from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

COUNTRIES = np.array(["DE", "FR", None, "XX"], dtype=object)


def test_columns_equal_pandas_dummies_of_the_same_categories(build, compute) -> None:
    golden = pd.get_dummies(pd.Categorical(COUNTRIES, categories=["FR", "DE"])).to_numpy(float)
    result = compute("onehot", {"country": COUNTRIES}, "country", categories=["FR", "DE"])
    np.testing.assert_array_equal(result, golden)
    assert build("onehot", "country", categories=["FR", "DE"]).columns == ("x_FR", "x_DE")


def test_unseen_and_null_go_to_other(build, compute) -> None:
    result = compute("onehot", {"country": COUNTRIES}, "country", categories=["FR", "DE"], other=True)
    assert result.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1]]
    assert build("onehot", "country", categories=["FR"], other=True).columns == ("x_FR", "x_other")


def test_booleans_and_whole_numbers_name_their_columns(build) -> None:
    assert build("onehot", "flag", categories=[False, True]).columns == ("x_false", "x_true")
    assert build("onehot", "visits", categories=[1.0, 20]).columns == ("x_1", "x_20")


def test_categories_are_required(build) -> None:
    text = "categories: a list, got no parameters; add categories to the feature's parameters"
    with pytest.raises(ValueError, match=text):
        build("onehot", "country")


def test_other_must_be_true_or_false(build) -> None:
    with pytest.raises(ValueError, match="other: true or false, got 'yes'; write it without quotes"):
        build("onehot", "country", categories=["FR"], other="yes")

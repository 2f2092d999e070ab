from __future__ import annotations

import numpy as np
import pytest

from udfs.features.stored.stored_value import StoredValue

ASKED = {"entity": "country", "feature_set": "9f2c", "value": "risk"}


def test_what_the_store_is_asked_for_is_known_before_the_first_row(build) -> None:
    feature = build("lookup", "country", output="country_risk", **ASKED, default=0.5, max_age="1h")
    asked = StoredValue("country_risk", "country", "country", "9f2c", "risk", 0.5, 3_600_000)
    assert (feature.stored, feature.inputs) == (asked, ("country",))
    assert not feature.has_domain
    assert build("lookup", "country", entity="country", feature_set="9f2c").stored.name == "x"


def test_answers_of_the_store_are_the_feature(build) -> None:
    feature, out = build("lookup", "visits", **ASKED), np.zeros((3, 1))
    answers = np.array([1.5, np.nan, 0.0])
    feature.transform({"visits": np.arange(3), feature.stored.given_as: answers}, out)
    np.testing.assert_array_equal(out[:, 0], answers)


def test_formula_says_what_is_asked(build) -> None:
    text = build("lookup", "country", **ASKED, default=0.5, max_age="90s").formula(0)
    assert text == "risk of country:9f2c in the feature store where entity = country, at most 90s old, else 0.5"


def test_everything_that_is_asked_is_part_of_the_identity(build) -> None:
    first = build("lookup", "country", **ASKED).canonical()
    changes = [{"entity": "c"}, {"feature_set": "a"}, {"value": "x"}, {"default": 0}, {"max_age": "1s"}]
    for change in changes:
        assert build("lookup", "country", **{**ASKED, **change}).canonical() != first


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"entity": "c"}, "feature_set: a text, got 'entity'; add feature_set to the feature's parameters"),
        ({**ASKED, "entity": "c:d"}, r"entity: letters, digits, '\.', '_' or '-', got 'c:d'; give the name"),
        ({**ASKED, "feature_set": "a b"}, "feature_set: letters, digits, .* got 'a b'"),
        ({**ASKED, "max_age": "soon"}, "max_age: a duration, got 'soon'; write it as 30s, 5m, 1h or 7d"),
        ({**ASKED, "default": "x"}, "default: a finite number, got 'x'"),
        ({**ASKED, "table": "t.csv"}, "a known parameter, got 'table'"),
        ({"table": {"FR": 1}, "max_age": "1s"}, "no max_age without entity, got 'max_age'; add entity to look up in"),
        ({"table": {"FR": 1}, "feature_set": "a"}, "no feature_set without entity"),
    ],
)
def test_wrong_parameters_are_refused(build, parameters, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("lookup", "country", **parameters)


def test_a_source_that_is_no_key_is_refused(build) -> None:
    with pytest.raises(ValueError, match=r"a column of type string\|long, got 'amount' of type double"):
        build("lookup", "amount", **ASKED)

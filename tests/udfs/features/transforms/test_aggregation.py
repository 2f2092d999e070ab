from __future__ import annotations

import numpy as np
import pytest

from state.window_sql import WindowSpec


def test_window_spec_carries_every_parameter(build) -> None:
    feature = build(
        "aggregation", "price", output="TOTAL", function="sum", key="country", window="7d", delay="1d",
        filter=" flag = TRUE ", empty=0,
    )  # fmt: skip
    assert feature.columns == feature.inputs == ("TOTAL",)
    assert feature.window == WindowSpec("TOTAL", "sum", "price", "country", 604_800, 86_400, "flag = TRUE", 0.0)


@pytest.mark.parametrize(("function", "empty"), [("count", 0.0), ("rate", 0.0), ("distinct", 0.0), ("avg", None)])
def test_counting_nothing_is_zero_and_other_functions_know_nothing(build, function, empty) -> None:
    assert build("aggregation", "price", function=function, key="country", window="1s").window.empty == empty


def test_aggregate_column_is_taken_over_and_null_becomes_empty(compute) -> None:
    columns = {"x": np.array([1.5, np.nan])}
    options = {"function": "avg", "key": "country", "window": "1h"}
    np.testing.assert_array_equal(compute("aggregation", columns, "price", **options)[:, 0], columns["x"])
    assert compute("aggregation", columns, "price", **options, empty=-1)[:, 0].tolist() == [1.5, -1.0]


GOOD = {"function": "sum", "key": "country", "window": "1h"}


@pytest.mark.parametrize(
    ("source", "parameters", "text"),
    [
        ("price", {"function": "mean"}, r"function: sum\|count.*, got 'mean'"),
        (None, {}, "source: the field to take the sum of, got None; add source: FIELD"),
        ("country", {}, r"a column of type long\|double\|decimal, got 'country' of type string"),
        ("flag", {"function": "avg"}, "got 'flag' of type boolean"),
        ("price", {"key": "city"}, "an event field or an aggregation, got 'city'"),
        ("price", {"window": "0s"}, "window in 1s..365d, got '0s'"),
        (
            "price",
            {"window": "366d"},
            "window in 1s..365d, got '31622400s'; state is kept for the whole window",
        ),
        (
            "price",
            {"window": "1500ms"},
            "window: whole seconds, got '1500ms'; windows move in steps of one second",
        ),
        ("price", {"window": 60}, "window: a duration, got 60; write it as 30s, 5m, 1h or 7d"),
        ("price", {"delay": "-1d"}, "delay: a duration, got '-1d'"),
        ("price", {"delay": "400d"}, "delay in 0s..365d"),
        ("price", {"filter": ""}, "filter: a text, got ''"),
        ("price", {"filter": 3}, "filter: a text, got 3"),
        (
            "price",
            {"filter": "flag -- x"},
            "filter: one SQL condition on event fields, got 'flag -- x'; it has a comment, '--'",
        ),
        ("price", {"empty": "0"}, "empty: a finite number, got '0'"),
    ],
)
def test_wrong_parameters_are_refused(build, source, parameters, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("aggregation", source, **{**GOOD, **parameters})


@pytest.mark.parametrize("function", ["min", "max", "distinct", "last"])
def test_functions_that_cannot_forget_refuse_a_delay(build, function) -> None:
    text = f"a function that can be delayed, got '{function}'; min/max/distinct/last cannot be delayed"
    with pytest.raises(ValueError, match=text):
        build("aggregation", "price", function=function, key="country", window="1h", delay="1s")

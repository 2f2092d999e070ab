"""Errors about options, as Flink 2.3 words them."""

from __future__ import annotations

import pytest

from gress.sql.options.option_problem import option_problem


@pytest.mark.parametrize(
    ("key", "value", "cause", "told"),
    [
        ("parallelism.default", "abc", 'For input string: "abc"', "a value of its type, got 'abc'"),
        (
            "table.exec.mini-batch.enabled",
            "perhaps",
            "Unrecognized option for boolean: perhaps. Expected either true or false(case insensitive)",
            "true or false, got 'perhaps'",
        ),
        (
            "execution.checkpointing.interval",
            "nonsense",
            "text does not start with a number, and is not a valid ISO-8601 duration format: nonsense",
            "a time such as '10 s', got 'nonsense'",
        ),
        (
            "execution.checkpointing.mode",
            "z",
            "Could not parse value for enum class CheckpointingMode. Expected one of: [[EXACTLY_ONCE, AT_LEAST_ONCE]]",
            "one of EXACTLY_ONCE, AT_LEAST_ONCE, got 'z'",
        ),
        ("s3.secret-key", "word", "no", "a value of its type, got a hidden value"),
    ],
    ids=["number", "boolean", "time", "list", "secret"],
)
def test_a_value_is_told_with_what_was_wanted(key: str, value: str, cause: str, told: str) -> None:
    assert option_problem([f"Could not parse value '{value}' for key '{key}'.", cause]) == f"{key}: expected {told}"


def test_other_errors_are_none_of_options() -> None:
    assert option_problem(["Column 'a' not found in any table"]) is None

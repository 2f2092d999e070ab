"""The line of a stack trace that says what went wrong."""

from __future__ import annotations

import pytest

from jobs.flink.root_cause import root_cause


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        (
            "a\nCaused by: x.Y: first\n  at b\nCaused by: java.io.IOException: disk full\n",
            "java.io.IOException: disk full",
        ),
        (
            "Caused by: java.lang.RuntimeException: worker\nmodels.errors.ModelError: m wants x\n at c",
            "models.errors.ModelError: m wants x",
        ),
        ("only this", "only this"),
        ("", "no reason given"),
    ],
    ids=["Java", "Python", "one line", "nothing"],
)
def test_failure_is_told_by_its_root(trace: str, cause: str) -> None:
    assert root_cause(trace) == cause

"""The line of a stack trace that says what went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.flink.root_cause import hint_for, option_problem, root_cause
from tests.support.small_disk import fill, small_disk


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        (
            "a\nCaused by: x.Y: first\n  at b\nCaused by: java.io.IOException: disk full\n",
            "java.io.IOException: disk full",
        ),
        (
            "Caused by: java.lang.RuntimeException: worker\nmodels.errors.ModelError: m wants x\n at c",
            "m wants x",
        ),
        (
            "a\nCaused by: java.lang.reflect.InvocationTargetException\n\tat b\n"
            "Caused by: pemja.core.PythonException: <class 'models.errors.ModelError'>: m wants x\n\tat c.d",
            "m wants x",
        ),
        ("Caused by: pemja.core.PythonException: <class 'KeyError'>: 'x'\n\tat c.d", "KeyError: 'x'"),
        ("only this", "only this"),
        ("", "no reason given"),
    ],
    ids=["Java", "Python", "own error in a thread", "error in a thread", "one line", "nothing"],
)
def test_failure_is_told_by_its_root(trace: str, cause: str) -> None:
    assert root_cause(trace) == cause


@pytest.mark.parametrize(
    ("trace", "text"),
    [
        (
            ": java.lang.IllegalArgumentException: Could not parse value '5 ells' for\nkey 'rest.timeout'.\n\tat a.b",
            "Flink option rest.timeout: expected a value that Flink can read, got '5 ells'; see Flink's page "
            "of options",
        ),
        (
            "Could not parse value '5 ells' for key 's3.secret-key'.",
            "Flink option s3.secret-key: expected a value that Flink can read, got a hidden value; see Flink's page of "
            "options",
        ),
        (
            "X\nCaused by: java.io.IOException: no\n at c",
            "Flink's options: expected those of Flink, got java.io.IOExcep",
        ),
    ],
    ids=["shown", "hidden", "another"],
)
def test_refused_option_is_one_line(trace: str, text: str) -> None:
    assert str(option_problem(trace)).startswith(text)


def test_failed_checkpoints_on_a_full_disk_are_explained(tmp_path: Path) -> None:
    cause = "FlinkRuntimeException: Exceeded checkpoint tolerable failure threshold."
    assert hint_for(cause, tmp_path) == ""
    assert hint_for(cause, tmp_path / "nothing") == ""
    with small_disk(tmp_path / "disk") as disk:
        fill(disk, room_kib=8)
        assert hint_for(cause, disk) == f"No space left on device: {disk} has 8 KiB"
        assert hint_for("java.io.IOException: refused", disk) == ""

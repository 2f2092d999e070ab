"""Errors of jobs and of the commands around them."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from conf.folders.urls import is_url


class JobError(Exception):
    """A job that cannot start or failed; the text names the part, the expected and the found value, and the remedy.

    >>> print(JobError("input x.txt", "expected .jsonl, .csv or .parquet, got .txt", "rename it"))
    input x.txt: expected .jsonl, .csv or .parquet, got .txt; rename it
    """

    def __init__(self, subject: str, problem: str, fix: str = "") -> None:
        super().__init__("; ".join(filter(None, [f"{subject}: {problem}", fix])))


def refuse(subject: str, expected: str, got: object, what_to_do: str = "") -> NoReturn:
    """Raise the error for a value that differs from the expected one.

    >>> refuse("port 9092", "a free port", "one in use", "name another with --port")
    Traceback (most recent call last):
    jobs.errors.JobError: port 9092: expected a free port, got one in use; name another with --port
    """
    fail(subject, f"expected {expected}, got {got}", what_to_do)


def fail(subject: str, problem: str, what_to_do: str = "") -> NoReturn:
    """Raise the error for any other failure.

    >>> fail("job 'fraud'", "failed while running: disk full", "the full trace is in Flink's log")
    Traceback (most recent call last):
    jobs.errors.JobError: job 'fraud': failed while running: disk full; the full trace is in Flink's log
    """
    raise JobError(subject, problem, what_to_do)


def refuse_url(subject: str, folder: Path, what_to_do: str) -> None:
    """Raise the error for a URL where only a folder of this machine will do.

    >>> refuse_url("output s3:/bucket", Path("s3://bucket"), "name a mounted one")
    Traceback (most recent call last):
    jobs.errors.JobError: output s3:/bucket: expected a folder of this machine, got a URL; name a mounted one
    """
    if is_url(folder):
        refuse(subject, "a folder of this machine", "a URL", what_to_do)

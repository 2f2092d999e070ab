"""What a job's launcher refuses."""

from __future__ import annotations


class JobError(Exception):
    """A job that cannot start or did not end well: which part, what was expected, what was found, what to do.

    >>> print(JobError("input x.txt", "expected .jsonl, .csv or .parquet, got .txt", "rename it"))
    input x.txt: expected .jsonl, .csv or .parquet, got .txt; rename it
    """

    def __init__(self, subject: str, problem: str, fix: str = "") -> None:
        super().__init__("; ".join(filter(None, [f"{subject}: {problem}", fix])))

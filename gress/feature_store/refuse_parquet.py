"""Refusal of a file that is no Parquet file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from jobs.errors import refuse

if TYPE_CHECKING:
    from pathlib import Path


def refuse_parquet(path: Path | str, error: Exception) -> NoReturn:
    """Raise the error for a file that pyarrow could not read, in one line.

    Args:
        path: the file.
        error: the answer of pyarrow, whose texts on absent files differ from reader to reader.

    Raises:
        JobError: always.
    """
    reason = "no such file" if isinstance(error, FileNotFoundError) else " ".join(str(error).split())
    refuse(str(path), "a Parquet file", reason)

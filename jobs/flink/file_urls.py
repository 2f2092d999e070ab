"""Local paths as Flink writes them."""

from __future__ import annotations

from pathlib import Path


def file_url(path: Path) -> str:
    """Return the URL of a local path; Flink takes what follows the scheme as it is, a percent sign too.

    >>> file_url(Path("/data/100 %/a.jsonl"))
    'file:///data/100 %/a.jsonl'
    """
    return f"file://{path.absolute().as_posix()}"

"""URLs of local paths in Flink's form."""

from __future__ import annotations

from pathlib import Path


def file_url(path: Path) -> str:
    """Return the URL of a local path; Flink uses the text after the scheme unchanged, even a percent sign.

    >>> file_url(Path("/data/100 %/a.jsonl"))
    'file:///data/100 %/a.jsonl'
    """
    return f"file://{path.absolute().as_posix()}"

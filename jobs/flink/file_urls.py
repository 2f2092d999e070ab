"""URLs of local paths in Flink's form."""

from __future__ import annotations

from pathlib import Path


def file_url(path: Path) -> str:
    """Return the URL of a local path; Flink uses the text after the scheme unchanged, even a percent sign.

    >>> file_url(Path("/data/100 %/a.jsonl"))
    'file:///data/100 %/a.jsonl'
    """
    return f"file://{path.absolute().as_posix()}"


def local_path(place: str) -> Path | None:
    """Return the local path that a path or URL names; None: the URL is of another scheme.

    >>> local_path("file:/data/sp"), local_path("file:///data/sp"), local_path("sp"), local_path("s3://bucket/sp")
    (PosixPath('/data/sp'), PosixPath('/data/sp'), PosixPath('sp'), None)
    """
    if place.startswith("file:"):
        return Path(f"/{place.removeprefix('file:').lstrip('/')}")
    return None if "://" in place else Path(place)

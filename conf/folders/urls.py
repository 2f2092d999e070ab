"""URLs in the place of a path of this machine."""

from __future__ import annotations

import re
from pathlib import Path

# `Path` makes one slash of two.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def is_url(path: Path | str) -> bool:
    """Return whether a path is a URL, for which a folder named as its scheme would be made here.

    >>> is_url(Path("s3://bucket/out")), is_url("/srv/out"), is_url("a:b/out")
    (True, False, False)
    """
    return _URL.match(str(path)) is not None

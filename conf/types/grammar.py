"""Grammars of names and versions, which settings and the model registry share."""

from __future__ import annotations

import re

SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"
"""A name that is also one folder of a path and a key of an object store, such as ``fraud-detector``; file systems hold
names of 255 bytes."""

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"

VERSION = (
    r"(?!.{101})"
    rf"v?(?P<release>{_NUMBER}(?:\.{_NUMBER}){{0,2}})"
    rf"(?:-(?P<pre>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
)
"""A semantic version without build metadata, such as ``2.0.0`` or ``v1.0-rc.1``, of 100 characters at most."""

_WRITTEN = re.compile(VERSION)


def full_version(text: str) -> str:
    """Return a version with all three numbers and without a leading ``v``; another text as it is.

    Example:
        >>> full_version("v2.0"), full_version("1-rc.1")
        ('2.0.0', '1.0.0-rc.1')
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return text
    release = ".".join([*match["release"].split("."), "0", "0"][:3])
    return f"{release}-{match['pre']}" if match["pre"] else release

"""Grammars of names and versions, which settings and the model registry share."""

from __future__ import annotations

SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]*"
"""A name that is also one folder of a path and a key of an object store, such as ``fraud-detector``."""

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"

VERSION = (
    rf"v?(?P<release>{_NUMBER}(?:\.{_NUMBER}){{0,2}})"
    rf"(?:-(?P<pre>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
)
"""A semantic version without build metadata, such as ``2.0.0`` or ``v1.0-rc.1``."""

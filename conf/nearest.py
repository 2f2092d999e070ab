"""Suggestion of a valid name for a misspelled one."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


def nearest(name: str, names: Sequence[str]) -> str:
    """Return ``nearest valid name 'x'``, ignoring case; empty if no name is near.

    Example:
        >>> nearest("inferense", ["inference", "models"])
        "nearest valid name 'inference'"
    """
    by_folded = {candidate.lower(): candidate for candidate in names}
    matches = get_close_matches(name.lower(), list(by_folded), n=1)
    return f"nearest valid name {by_folded[matches[0]]!r}" if matches else ""

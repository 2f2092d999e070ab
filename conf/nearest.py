"""Suggestion of a valid name for a misspelled one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like the one given, ignoring case; None if no name is near.

    Example:
        >>> nearest_name("inferense", ["inference", "models"])
        'inference'
    """
    # Columns of a user's table may have names that are no texts.
    by_folded = {candidate.lower(): candidate for candidate in names if isinstance(candidate, str)}
    matches = get_close_matches(name.lower(), list(by_folded), n=1)
    return by_folded[matches[0]] if matches else None


def suggest(name: str, names: Iterable[str]) -> str:
    """Return ``nearest valid name 'x'``; empty if no name is near.

    Example:
        >>> suggest("inferense", ["inference", "models"])
        "nearest valid name 'inference'"
    """
    found = nearest_name(name, names)
    return f"nearest valid name {found!r}" if found else ""

"""The name somebody probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


def nearest(name: str, names: Sequence[str]) -> str:
    """``nearest valid name 'x'``, in any case; empty where nothing is near.

    Example:
        >>> nearest("inferense", ["inference", "models"])
        "nearest valid name 'inference'"
    """
    by_folded = {candidate.lower(): candidate for candidate in names}
    matches = get_close_matches(name.lower(), list(by_folded), n=1)
    return f"nearest valid name {by_folded[matches[0]]!r}" if matches else ""

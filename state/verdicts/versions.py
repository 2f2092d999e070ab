"""Versions of saved formats."""

from __future__ import annotations


def check_version(what: str, found: object, expected: int, advice: str) -> None:
    """Refuse bytes of another version of their format.

    Args:
        what: name of the content.
        found: version in the bytes.
        expected: version that is read.
        advice: what to do.

    Raises:
        ValueError: the versions differ.
    """
    if found != expected:
        msg = f"{what}: expected format {expected}, got {found}; {advice}"
        raise ValueError(msg)

"""Damaged and foreign objects in a registry: each stays where it is and is reported once, and the rest is used."""

from __future__ import annotations

import logging
from functools import cache

_LOG = logging.getLogger("gress.models")


@cache
def say_ignored(text: str) -> None:
    """Log once in a process that something in a registry is ignored."""
    _LOG.warning("%s; it is ignored", text)

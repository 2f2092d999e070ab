"""Warnings that a process logs once, however many models it loads."""

from __future__ import annotations

import logging
from functools import cache

_LOG = logging.getLogger(__name__)


@cache
def warn_once(text: str) -> None:
    """Log a warning unless this process has logged the same text before."""
    _LOG.warning(text)

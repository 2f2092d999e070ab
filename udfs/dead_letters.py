"""Why a row became a dead letter: the reasons, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row.

    Attributes:
        reason: key of ``REASONS``.
        error: one line for a person: which field, what was expected, what was found.
    """

    reason: str
    error: str


REASONS = MappingProxyType(
    {
        "malformed": "parse",
        "wrong_type": "parse",
        "missing_value": "parse",
        "out_of_range": "parse",
        "late": "event_time",
        "not_finite": "scoring",
        "failed": "scoring",
    }
)
"""Category by reason. ``late``: behind the watermark; ``not_finite``: a score that is NaN or infinite; ``failed``:
the model refuses the row."""

"""Why a row became a dead letter: the reasons, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

_SHOWN = 80


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
        "in_future": "event_time",
        "not_finite": "scoring",
        "failed": "scoring",
        "too_slow": "scoring",
        "breaker_open": "scoring",
    }
)
"""Category by reason.

``late``: behind the watermark; ``in_future``: ahead of the clock; ``not_finite``: a score that is NaN or infinite;
``failed``: the model refuses the row; ``too_slow``: no answer in time; ``breaker_open``: the model was left alone.
"""


def stage_of(reason: str) -> str:
    """Return the step that gives rows up for a reason.

    Example:
        >>> stage_of("late"), stage_of("too_slow")
        ('parse', 'score')
    """
    return "score" if REASONS[reason] == "scoring" else "parse"


def show_value(value: object) -> str:
    """Return a value for an error text: one line of 80 characters at most.

    Example:
        >>> show_value(57.161), show_value([1, "a"])
        ('57.161', "[1, 'a']")
    """
    text = repr(value[: _SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."

"""Table of the reasons for which rows become dead letters."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

_SHOWN = 80


@dataclass(frozen=True)
class Problem:
    """The problem of one row.

    Attributes:
        reason: key of ``REASONS``.
        error: one line for people with the field, the expected and the found value.
    """

    reason: str
    error: str


@dataclass(frozen=True)
class Reason:
    """A reason for which rows become dead letters.

    Attributes:
        category: ``parse``, ``event_time`` or ``scoring``.
        meaning: one sentence for readers of the rows.
    """

    category: str
    meaning: str


DEAD_LETTER_REASONS = MappingProxyType(
    {
        "malformed": Reason(
            "parse", "The line is no event: no JSON object, an empty record, or not as many cells as the header has."
        ),
        "wrong_type": Reason("parse", "A field holds a value that its type does not have."),
        "missing_value": Reason("parse", "A required field is null or absent."),
        "out_of_range": Reason(
            "parse",
            "A number is outside of `min` and `max`, a decimal has more digits than its `scale` or than are "
            "exact, a time is outside of the calendar or hardly in the field's unit, or, with `execution.windows: "
            "sql`, not after the start of 1970, an id or key has more than 32768 characters, or the texts of "
            "`job.sink.fields` have more than 65536.",
        ),
        "late": Reason("event_time", "The event time is behind the watermark."),
        "in_future": Reason("event_time", "The event time is ahead of the clock by more than `job.events.max_ahead`."),
        "not_finite": Reason("scoring", "The model's score is NaN or infinite."),
        "failed": Reason("scoring", "The model refuses the row."),
        "too_slow": Reason("scoring", "The model gave no answer within `ml.inference.max_latency`."),
        "breaker_open": Reason("scoring", "The model is left alone after failures, and nothing else could answer."),
    }
)
"""All reasons, by their name in the rows."""

REASONS = MappingProxyType({name: reason.category for name, reason in DEAD_LETTER_REASONS.items()})
"""Category by reason."""


def stage_of(reason: str) -> str:
    """Return the step that rejects rows for a reason.

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

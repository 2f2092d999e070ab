"""Errors of Flink about the value of an option as one line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conf.loading.masking import HIDDEN, is_secret

_OPTION = re.compile(r"Could not parse value '(?P<got>[^']*)' for key '(?P<key>[^']+)'")
_ONE_OF = re.compile(r"Expected one of: \[\[?(?P<listed>[^\]]+)\]")
_WANTED = (
    ("Unrecognized option for boolean", "true or false"),
    ("duration format", "a time such as '10 s'"),
    ("Time interval unit label", "a time such as '10 s'"),
    ("missing ':'", "pairs such as 'key:value'"),
)
"""Words in Java's causes, and the form that each asks for."""


def option_problem(messages: Sequence[str]) -> str | None:
    """Return the fault of an option whose value Flink cannot read; None: there is no such fault.

    Args:
        messages: of an exception and its causes, outermost first.

    >>> option_problem(["Could not parse value 'x' for key 'a.mode'.", "... Expected one of: [[ERROR, DROP]]"])
    "a.mode: expected one of ERROR, DROP, got 'x'"
    """
    found = next(filter(None, map(_OPTION.search, messages)), None)
    if found is None:
        return None
    got = HIDDEN if is_secret((found["key"],)) else repr(found["got"])
    return f"{found['key']}: expected {_wanted(messages)}, got {got}"


def _wanted(messages: Sequence[str]) -> str:
    listed = next(filter(None, map(_ONE_OF.search, messages)), None)
    if listed is not None:
        return f"one of {listed['listed']}"
    innermost = messages[-1]
    return next((wanted for mark, wanted in _WANTED if mark in innermost), "a value of its type")

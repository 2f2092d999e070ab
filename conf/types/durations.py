"""Durations: ``50ms``, ``5s``, ``5m``, ``1h``, ``1d`` as text, whole milliseconds in the program."""

from __future__ import annotations

import re
from typing import Annotated

from annotated_types import Gt
from pydantic import BeforeValidator, PlainSerializer

from conf.types.refusal import Refusal, validation_error

EXPECTED = "a duration such as 50ms, 5s, 5m, 1h or 1d"

# Smallest first.
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
# Nine digits of days still fit into the 64-bit milliseconds of Flink.
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")


def parse_duration_ms(value: object) -> int:
    """Return the milliseconds in a duration text.

    A bare number is refused: its unit would be a guess.

    Raises:
        ValueError: ``value`` is not a whole number followed by one unit.

    Example:
        >>> parse_duration_ms("5m")
        300000
    """
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = f"expected {EXPECTED}, got {value!r}"
        raise ValueError(message)
    return int(match[1]) * _UNIT_MS[match[2]]


def format_duration(duration_ms: int) -> str:
    """Return the duration in the largest unit that divides it.

    Example:
        >>> format_duration(300_000), format_duration(1_500), format_duration(0)
        ('5m', '1500ms', '0s')
    """
    if duration_ms == 0:
        return "0s"
    unit = next(unit for unit, ms in reversed(_UNIT_MS.items()) if duration_ms % ms == 0)
    return f"{duration_ms // _UNIT_MS[unit]}{unit}"


def _from_setting(value: object) -> int:
    try:
        return parse_duration_ms(value)
    except ValueError:
        raise validation_error(Refusal(EXPECTED)) from None


DurationMs = Annotated[int, BeforeValidator(_from_setting), PlainSerializer(format_duration, return_type=str)]
"""Milliseconds >= 0, written as a duration text."""

PositiveDurationMs = Annotated[DurationMs, Gt(0)]
"""Milliseconds > 0, written as a duration text."""

"""Events that are made up by a stated law, for a job that has no events yet."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from typing import Any

from conf.events import FieldSettings
from gress.new_job.event_parts import EventParts

EVENTS = 1_000
LAW = "The label depends on the first feature: where that is in its upper half, it is likelier, or larger."
_KEYS = 50
_FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


def make_events(fields: Mapping[str, FieldSettings], parts: EventParts, seed: int = 1) -> list[dict[str, Any]]:
    """Return events, a minute apart, that are the same for the same seed.

    Ids count up, there are 50 keys, and other values do not depend on each other. A label of 0 and 1 is 1 for four of
    five events whose first feature is in its upper half, and for one of five others; a number that is no whole one is
    10 or 0, and noise.

    Args:
        fields: settings by column name.
        parts: columns of id, key, time and label.
        seed: start of the random numbers.
    """
    draw = random.Random(seed)
    first = next(column for column in fields if column not in parts.columns)
    return [_event(number, fields, parts, first, draw) for number in range(EVENTS)]


def _event(
    number: int, fields: Mapping[str, FieldSettings], parts: EventParts, first: str, draw: random.Random
) -> dict[str, Any]:
    is_high = draw.random() < 0.5
    event: dict[str, Any] = {}
    for column, field in fields.items():
        if column == parts.id:
            value: Any = _named(number, field.type)
        elif column == parts.key:
            value = _named(number * 7 % _KEYS, field.type)
        elif column == parts.label:
            value = _label(field.type, is_high, draw)
        elif field.type == "timestamp":
            value = (_FIRST + dt.timedelta(minutes=number)).isoformat()
        else:
            value = _value(field.type, is_high if column == first else draw.random() < 0.5, draw)
        event[field.source or column] = value
    return event


def _named(number: int, kind: str) -> Any:
    return {"string": f"n{number}", "timestamp": (_FIRST + dt.timedelta(minutes=number)).isoformat()}.get(kind, number)


def _value(kind: str, is_high: bool, draw: random.Random) -> Any:
    """Return a value of the upper or the lower half of a type's."""
    if kind == "boolean":
        return is_high
    if kind == "string":
        return draw.choice("cd" if is_high else "ab")
    if kind == "long":
        return draw.randint(5, 9) if is_high else draw.randint(0, 4)
    return round(draw.uniform(50, 100) if is_high else draw.uniform(0, 50), 2)


def _label(kind: str, is_high: bool, draw: random.Random) -> Any:
    if kind in ("double", "decimal"):
        return round(10 * is_high + draw.gauss(0, 2), 2)
    is_one = draw.random() < (0.8 if is_high else 0.2)
    return is_one if kind == "boolean" else int(is_one)

"""Fields of events, from values that they have."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from conf.events import FieldSettings, FieldType
from conf.nearest import suggest
from jobs.errors import refuse
from udfs.parsing.times import to_iso_ms
from udfs.parsing.units import find_unclear

_TYPES: tuple[str, ...] = get_args(FieldType)
# Digits after the point of a decimal without a known scale.
_SCALE = 2
_MOST = 2**63
# Drift counts the model's score by this name, beside the features.
_SCORE = "prediction"
_FIRST_S = 631_152_000  # 1990
_UNITS = (("ns", 1_000_000_000), ("us", 1_000_000), ("s", 1))


def parse_fields(texts: Sequence[str]) -> dict[str, FieldSettings]:
    """Return the fields of texts ``NAME:TYPE``, by column name.

    >>> parse_fields(["amount:double", "shelf no:long"])["shelf_no"].source
    'shelf no'

    Raises:
        JobError: a text has another form, a type is unknown, or a name comes twice.
    """
    found: dict[str, FieldSettings] = {}
    for text in texts:
        name, _, kind = text.rpartition(":")
        if not name:
            refuse(f"field {text!r}", "NAME:TYPE, such as amount:double", "no name" if ":" in text else "no type")
        if kind not in _TYPES:
            refuse(f"field {text!r}", f"a type of {', '.join(_TYPES)}", repr(kind), suggest(kind, _TYPES))
        column = column_name(name, found)
        if any((field.source or known) == name for known, field in found.items()):
            refuse(f"field {text!r}", "each field once", f"{name!r} twice")
        found[column] = field_of(kind, name, column)
    return found


def guess_fields(rows: Sequence[Mapping[str, Any]]) -> dict[str, FieldSettings]:
    """Return the fields that events have, by column name; lists, objects and fields without a value are left out.

    A field is required if every event has it. Texts that are all ISO 8601 are times, and so are numbers of milliseconds
    since 1970 in a field that is called a time.

    Args:
        rows: events by the names that they use.
    """
    found: dict[str, FieldSettings] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row[name] for row in rows if row.get(name) is not None]
        kind = _kind(name, values)
        if kind is None or not name:
            continue
        column = column_name(name, found)
        field = field_of(kind, name, column, unit=_unit(values) if kind == "timestamp" else None)
        found[column] = field.model_copy(update={"required": len(values) == len(rows)})
    return found


def field_of(kind: str, name: str, column: str, *, unit: str | None = None) -> FieldSettings:
    """Return the settings of a field by its type and its name in the event."""
    scale = _SCALE if kind == "decimal" else None
    tree = {"type": kind, "source": None if name == column else name, "scale": scale, "unit": unit}
    return FieldSettings.model_validate({key: value for key, value in tree.items() if value is not None})


def column_name(name: str, taken: Mapping[str, object]) -> str:
    """Return a column's name for a field: letters, digits and ``_``, and one that neither another nor the score has.

    >>> column_name("2nd room (m²)", {}), column_name("a b", {"a_b": 0})
    ('f_2nd_room_m', 'a_b_2')
    """
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "field"
    plain = f"f_{plain}" if plain[0].isdigit() else plain
    number, found = 2, plain
    while found in taken or found == _SCORE:
        found, number = f"{plain}_{number}", number + 1
    return found


def as_time(fields: Mapping[str, FieldSettings], column: str, values: Sequence[Any]) -> FieldSettings:
    """Return a field of whole numbers or texts as the time of an event.

    Raises:
        JobError: its values are no times.
    """
    field = fields[column]
    if field.type == "timestamp":
        return field
    if _kind("time", values) != "timestamp":
        refuse(f"time {column!r}", "ISO 8601 text or numbers since 1970", values[:1], "name another field")
    return field_of("timestamp", field.source or column, column, unit=_unit(values))


def _kind(name: str, values: Sequence[Any]) -> str | None:
    types = {type(value) for value in values}
    if types == {bool}:
        return "boolean"
    if types == {int}:
        return "timestamp" if _is_called_time(name) and min(values) >= _FIRST_S else _whole(values)
    if types in ({float}, {int, float}):
        return "double" if all(math.isfinite(value) for value in values) else None
    if types == {str}:
        return "timestamp" if all(map(is_time, values)) else "string"
    return None


def _whole(values: Sequence[int]) -> str | None:
    return "long" if all(-_MOST <= value < _MOST for value in values) else None


def _is_called_time(name: str) -> bool:
    return re.search(r"time|date|(^|_)(at|ts)$", name, re.IGNORECASE) is not None


def is_time(text: str) -> bool:
    """Return whether a text is a time in ISO 8601."""
    try:
        to_iso_ms(text)
    except ValueError:
        return False
    return True


def _unit(values: Sequence[Any]) -> str | None:
    """Return the unit of numbers that are no milliseconds; None: they are, or they are texts."""
    import numpy as np

    numbers = np.array([value for value in values if isinstance(value, int)], dtype=np.int64)
    unclear = numbers[find_unclear(numbers)]
    if not len(unclear):
        return None
    return next(unit for unit, per_second in _UNITS if unclear[0] >= _FIRST_S * per_second)

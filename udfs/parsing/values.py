"""One value of a line to the type its field declares: the path for batches that hold a bad line.

A value that does not fit raises ``ValueError`` with what was expected; None stays None.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

_INT64 = 2**63


def to_long(value: Any) -> int:
    """Return an integer; ``12.0`` is one, text and booleans are not."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not -_INT64 <= value < _INT64:
        raise ValueError
    return value


def to_double(value: Any) -> float:
    """Return a finite number."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError
    return float(value)


def to_text(value: Any) -> str:
    """Return text; numbers are not text."""
    if type(value) is not str:
        raise ValueError
    return value


def to_boolean(value: Any) -> bool:
    """Return true or false; 0 and 1 are numbers."""
    if type(value) is not bool:
        raise ValueError
    return value


def to_epoch_ms(value: Any) -> int:
    """Return epoch milliseconds of ISO 8601 text or of epoch milliseconds; without a zone it is UTC."""
    if type(value) is not str:
        return to_long(value)
    moment = datetime.fromisoformat(value[:-1] + "+00:00" if value[-1:] in "Zz" else value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def from_text(convert: Callable[[str], Any], typed: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the converter of a CSV cell: text first to the value that JSON would hold."""
    return lambda cell: typed(convert(cell))


def _number(cell: str) -> int | float:
    # int() and float() take more than a data file should: underscores, blanks, other scripts' digits.
    if not cell.isascii() or "_" in cell or cell != cell.strip():
        raise ValueError
    try:
        return int(cell)
    except ValueError:
        return float(cell)


def _boolean(cell: str) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}[cell.lower()]


def _epoch_or_iso(cell: str) -> int | str:
    return int(cell) if cell.lstrip("-").isdecimal() and cell.isascii() else cell


JSON_VALUES = MappingProxyType(
    {
        "long": to_long,
        "double": to_double,
        "decimal": to_double,
        "string": to_text,
        "boolean": to_boolean,
        "timestamp": to_epoch_ms,
    }
)
CSV_VALUES = MappingProxyType(
    {
        "long": from_text(_number, to_long),
        "double": from_text(_number, to_double),
        "decimal": from_text(_number, to_double),
        "string": to_text,
        "boolean": from_text(_boolean, to_boolean),
        "timestamp": from_text(_epoch_or_iso, to_epoch_ms),
    }
)

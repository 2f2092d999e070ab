"""Conversion of one value of a line to its field's type.

A value that does not fit raises ``ValueError``, ``KeyError`` or ``OverflowError``; callers never pass None. This
module is the reference: ``columns`` converts whole columns with the same results.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from udfs.parsing.times import to_iso_ms

_INT64 = 2**63
_EXACT = 2**53


def to_long(value: Any) -> int:
    """Return an integer; a whole float such as ``12.0`` counts below 2**53, text and booleans never do."""
    if type(value) is float and value.is_integer() and abs(value) < _EXACT:
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
    return to_iso_ms(value) if type(value) is str else to_long(value)


def _text_to_long(cell: str) -> int:
    return to_long(_number(cell))


def _text_to_double(cell: str) -> float:
    return to_double(_number(cell))


def _text_to_boolean(cell: str) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}[cell.lower()]


def _text_to_epoch_ms(cell: str) -> int:
    if cell.isascii() and cell.removeprefix("-").isdecimal():
        return to_long(int(cell))
    return to_iso_ms(cell)


def _number(cell: str) -> int | float:
    # int() and float() accept more than a data file should hold: underscores, blanks, other scripts' digits.
    if not cell.isascii() or "_" in cell or cell != cell.strip():
        raise ValueError
    try:
        return int(cell)
    except ValueError:
        return float(cell)


JSON_VALUES: MappingProxyType[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "long": to_long,
        "double": to_double,
        "decimal": to_double,
        "string": to_text,
        "boolean": to_boolean,
        "timestamp": to_epoch_ms,
    }
)
CSV_VALUES: MappingProxyType[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "long": _text_to_long,
        "double": _text_to_double,
        "decimal": _text_to_double,
        "string": to_text,
        "boolean": _text_to_boolean,
        "timestamp": _text_to_epoch_ms,
    }
)

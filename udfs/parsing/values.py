"""Conversion of one value of a line to its field's type.

A value that does not fit raises ``ValueError``, ``KeyError`` or ``OverflowError``; callers never pass None. This
module is the reference: ``columns`` converts whole columns with the same results.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from udfs.parsing.times import to_iso_ms
from udfs.parsing.units import check_clear, number_to_ms

_INT64 = 2**63
_CAN_BE_SECONDS = re.compile(r"-?\d+\.\d*", re.ASCII)
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
    """Return epoch milliseconds of ISO 8601 text, without a zone UTC, or of a number that can be milliseconds."""
    return to_iso_ms(value) if type(value) is str else check_clear(to_long(value))


def to_epoch_ms_of(unit: str) -> Callable[[Any], int]:
    """Return a function to epoch milliseconds of ISO 8601 text or of a number in a unit."""

    def convert(value: Any) -> int:
        if type(value) is str:
            return to_iso_ms(value)
        return number_to_ms(_number_in(unit, value), unit)

    return convert


def _number_in(unit: str, value: Any) -> int | float:
    return to_double(value) if unit == "s" and type(value) is float else to_long(value)


def _text_to_long(cell: str) -> int:
    return to_long(_number(cell))


def _text_to_double(cell: str) -> float:
    return to_double(_number(cell))


def _text_to_boolean(cell: str) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}[cell.lower()]


def _text_to_epoch_ms(cell: str) -> int:
    if cell.isascii() and cell.removeprefix("-").isdecimal():
        return check_clear(to_long(int(cell)))
    return to_iso_ms(cell)


def _text_to_epoch_ms_of(unit: str) -> Callable[[str], int]:
    convert = to_epoch_ms_of(unit)

    def convert_text(cell: str) -> int:
        is_whole = cell.isascii() and cell.removeprefix("-").isdecimal()
        if is_whole or (unit == "s" and _CAN_BE_SECONDS.fullmatch(cell)):
            return convert(_number(cell))
        return to_iso_ms(cell)

    return convert_text


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
        "timestamp:iso": lambda value: to_iso_ms(to_text(value)),
        **{f"timestamp:{unit}": to_epoch_ms_of(unit) for unit in ("s", "ms", "us", "ns")},
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
        "timestamp:iso": to_iso_ms,
        **{f"timestamp:{unit}": _text_to_epoch_ms_of(unit) for unit in ("s", "ms", "us", "ns")},
    }
)

"""Numbers as times: epoch seconds, milliseconds, microseconds or nanoseconds to epoch milliseconds.

Rules:
- A field's unit says what its numbers are; ISO text is a time by itself.
- Without a unit, numbers are milliseconds, except those that only make sense in another unit: they are no times until
  somebody says which unit was meant.
- Parts of a millisecond are cut off, towards the past. Seconds may have a fraction, which counts to the microsecond.
- A time beyond the calendar stays beyond it in milliseconds.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from udfs.parsing.times import FIRST_MS, LAST_MS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
# Nobody's data is of the weeks of 1970 that seconds look like in milliseconds, or of the far future.
_FIRST_S, _END_S = 631_152_000, 7_258_118_400  # 1990 to 2200
_INT64 = (-(2**63), 2**63 - 1)
_ORDER = ("s", "us", "ns")


class UnclearTimeError(ValueError):
    """A number without a unit that is hardly a time in milliseconds, but one in another unit.

    Attributes:
        value: the number.
    """

    def __init__(self, value: int) -> None:
        super().__init__(value)
        self.value = value

    def __str__(self) -> str:
        unit = next(unit for unit in _ORDER if _FIRST_S <= self.value // _PER_SECOND[unit] < _END_S)
        as_ms, meant = _year(self.value / 1_000), _year(self.value / _PER_SECOND[unit])
        got = f"{self.value}, a time of {as_ms} in ms and of {meant} in {unit}"
        fix = f"set the field's unit: {unit}, or unit: ms if that is meant"
        return f"expected milliseconds since 1970, got {got}; {fix}"


def find_unclear(values: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the rows of numbers without a unit that are hardly times in milliseconds."""
    is_unclear = np.zeros(len(values), dtype=bool)
    for unit in _ORDER:
        per_second = _PER_SECOND[unit]
        is_unclear |= (values >= _FIRST_S * per_second) & (values < _END_S * per_second)
    return np.flatnonzero(is_unclear)


def check_clear(value: int) -> int:
    """Return a number of milliseconds.

    Raises:
        UnclearTimeError: it makes sense in another unit only.
    """
    if any(_FIRST_S <= value // _PER_SECOND[unit] < _END_S for unit in _ORDER):
        raise UnclearTimeError(value)
    return value


def number_to_ms(value: float, unit: str) -> int:
    """Return epoch milliseconds of one number; only seconds may have a fraction.

    Example:
        >>> number_to_ms(1522540800.1239, "s"), number_to_ms(-1, "us")
        (1522540800123, -1)
    """
    low, high = _bounds(unit)
    value = min(max(value, low), high)
    return round(value * 1e6) // 1_000 if isinstance(value, float) else value * 1_000 // _PER_SECOND[unit]


def numbers_to_ms(values: NDArray[Any], unit: str) -> NDArray[np.int64]:
    """Return epoch milliseconds of numbers, int64 or, for seconds, float64; results are those of ``number_to_ms``."""
    values = values.clip(*_bounds(unit))
    if values.dtype == np.float64:
        return np.asarray(np.rint(values * 1e6).astype(np.int64) // 1_000)
    factor = _PER_SECOND[unit]
    return np.asarray(values * (1_000 // factor) if factor < 1_000 else values // (factor // 1_000))


def _bounds(unit: str) -> tuple[int, int]:
    """Return the least and the greatest number, a second beyond the calendar or the last of 64 bits."""
    if unit == "ms":
        return _INT64
    low, high = (bound * _PER_SECOND[unit] // 1_000 for bound in (FIRST_MS - 1_000, LAST_MS + 1_000))
    return max(low, _INT64[0]), min(high, _INT64[1])


def _year(seconds: float) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    try:
        return str((moment + dt.timedelta(seconds=seconds)).year)
    except OverflowError:
        return "no year of the calendar"

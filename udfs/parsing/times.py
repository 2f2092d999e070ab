"""Conversion of ISO 8601 times to epoch milliseconds, one at a time or a column at once.

Both use one grammar, the same for every Python version: ``YYYY-MM-DD``, then optionally a ``T`` or one blank and
``hh``, ``hh:mm``, ``hh:mm:ss`` or ``hh:mm:ss.f`` with 1 to 9 digits, then optionally a zone: ``Z``, ``+hh``, ``+hhmm``
or ``+hh:mm``. A time without a zone is UTC. There is no second 60 and no hour 24. Fractions of a millisecond are cut
off, towards the past.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

FIRST_MS = -62_135_596_800_000
"""Start of year 1, the first a date can have."""
LAST_MS = 253_402_300_799_999
"""End of year 9999, the last a date can have."""

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def to_iso_ms(text: str) -> int:
    """Return epoch milliseconds of one time; raise ``ValueError`` for any other text.

    Example:
        >>> to_iso_ms("2018-04-01T00:00:31.5+02:00")
        1522533631500
    """
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    days = date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError
    whole = ((days * 24 + hours) * 60 + minutes - _offset_minutes(zone)) * 60 + seconds
    return whole * 1000 + (int(fraction[:3].ljust(3, "0")) if fraction else 0)


def _offset_minutes(zone: str | None) -> int:
    if zone is None or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def to_iso_ms_column(texts: pa.StringArray) -> NDArray[np.int64] | None:
    """Return epoch milliseconds of times of one kind, 0 for null; None: the caller must read them one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    present = texts.drop_null() if texts.null_count else texts
    first = _ISO.fullmatch(present[0].as_py()) if len(present) else None
    if first is None:
        return None
    zone = "UTC" if first.group(8) else None
    for unit, steps in (("us", 1000), ("ns", 1_000_000)):
        if unit == "ns" and not _fits_ns(present):
            return None
        try:
            moments = pc.cast(texts, pa.timestamp(unit, zone)).cast(pa.int64())
        except pa.ArrowInvalid:
            continue
        ms: NDArray[np.int64] = moments.fill_null(0).to_numpy(zero_copy_only=False) // steps
        # Arrow knows a year 0.
        return ms if ms.min() >= FIRST_MS else None
    return None


def _fits_ns(texts: pa.StringArray) -> bool:
    # 64-bit nanoseconds reach from 1677 to 2262; Arrow wraps times outside.
    import pyarrow.compute as pc

    span = pc.min_max(texts).as_py()
    return bool(span["min"] >= "1678" and span["max"] < "2262")

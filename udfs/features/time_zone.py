"""UTC offsets of a time zone as a table, which shifts whole columns at once.

`zoneinfo` answers for one instant at a time. This module probes it for every third day from 1970 to 2100 and narrows
each change down to the second; no zone of the tz database changes twice within three days in those years. For the rare
instants outside these years it asks `zoneinfo`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from udfs.parsing.times import FIRST_MS, LAST_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_END_S = int((datetime(2100, 1, 1, tzinfo=timezone.utc) - _EPOCH).total_seconds())
_PROBE_S = 3 * 86_400
# A day inside the range of a `datetime`, as local time may be some hours off.
_FIRST_S, _LAST_S = FIRST_MS // 1000 + 86_400, LAST_MS // 1000 - 86_400


@dataclass(frozen=True)
class Offsets:
    """The offsets of a zone.

    Attributes:
        zone: the zone.
        changes: rising epoch seconds from 1970 to 2100 at which an offset begins.
        east_s: offsets in seconds east of UTC, one more than changes: the first holds before all of them.
    """

    zone: ZoneInfo
    changes: NDArray[np.int64]
    east_s: NDArray[np.int64]


@lru_cache(maxsize=64)
def utc_offsets(zone: str) -> Offsets:
    """Return the offsets of a zone.

    Raises:
        ValueError: there is no such zone.
    """
    information = _zone(zone)
    changes: list[int] = []
    offsets = [_offset_s(information, 0)]
    for probe in range(_PROBE_S, _END_S, _PROBE_S):
        offset = _offset_s(information, probe)
        if offset != offsets[-1]:
            changes.append(_first_second_of(information, offset, probe - _PROBE_S, probe))
            offsets.append(offset)
    return Offsets(information, np.asarray(changes, np.int64), np.asarray(offsets, np.int64))


def local_seconds(seconds: NDArray[np.int64], offsets: Offsets) -> NDArray[np.int64]:
    """Shift epoch seconds to local time, as seconds since 1970-01-01 00:00 local time."""
    east_s = offsets.east_s[np.searchsorted(offsets.changes, seconds, side="right")]
    outside = np.flatnonzero((seconds < 0) | (seconds >= _END_S))
    if len(outside):
        asked, place = np.unique(np.clip(seconds[outside], _FIRST_S, _LAST_S), return_inverse=True)
        answers = np.array([_offset_s(offsets.zone, second) for second in asked.tolist()], np.int64)
        east_s[outside] = answers[place]
    return seconds + east_s


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        message = f"no time zone is called {name!r}"
        raise ValueError(message) from None


def _first_second_of(zone: ZoneInfo, offset: int, before: int, after: int) -> int:
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_s(zone, middle) == offset:
            after = middle
        else:
            before = middle
    return after


def _offset_s(zone: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())

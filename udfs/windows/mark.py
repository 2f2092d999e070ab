"""The mark of a shard: which of its saved parts were answered, up to which watermark, and what those rows were.

Only its begin is for a restore. The rest tells a reader of the state about rows that are not in the log yet.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from state.sliding.rows import Rows

MARK = -1
"""Number of the mark among the parts that wait."""

_HEAD = struct.Struct("<qq")
_ROWS = struct.Struct("<Iqqc")
_TEXT = b"O"


@dataclass(frozen=True)
class AnsweredRows:
    """Answered rows of a shard that its log does not hold yet.

    Attributes:
        count: number of rows.
        span: times of the earliest and the latest, in epoch milliseconds.
        keys: key of each row.
    """

    count: int = 0
    span: tuple[int, int] = (0, 0)
    keys: list[Any] = field(default_factory=list)


def pack_mark(until: int, watermark: int, answered: Sequence[Rows]) -> bytes:
    """Return a mark.

    Args:
        until: number after that of the last part some of whose rows were answered.
        watermark: up to it the rows of those parts were answered.
        answered: the rows that were answered and are not in the log; at least one.
    """
    times = np.concatenate([rows.times for rows in answered])
    keys = np.concatenate([rows.key.values for rows in answered])
    kind = keys.dtype.kind.encode()
    named = json.dumps(keys.tolist()).encode() if kind == _TEXT else keys.tobytes()
    return _HEAD.pack(until, watermark) + _ROWS.pack(len(times), times.min(), times.max(), kind) + named


def read_mark(data: bytes) -> tuple[int, int]:
    """Return which parts a mark is about, by the number after theirs, and the watermark."""
    until, watermark = _HEAD.unpack_from(data)
    return until, watermark


def read_answered(data: bytes) -> AnsweredRows:
    """Return a mark's facts about its rows; none where an earlier version wrote it without them."""
    if len(data) == _HEAD.size:
        return AnsweredRows()
    count, first, last, kind = _ROWS.unpack_from(data, _HEAD.size)
    named = data[_HEAD.size + _ROWS.size :]
    keys = json.loads(named) if kind == _TEXT else np.frombuffer(named, f"<{kind.decode()}8").tolist()
    return AnsweredRows(count, (first, last), keys)

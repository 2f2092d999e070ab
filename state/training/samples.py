"""Samples: features with their outcome, as columns and as bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION, NAMED = 1, 2
_HEADER = struct.Struct("<BII")
_WIDTH = struct.Struct("<I")
_KINDS = ("<i8", "<i8", "<u8", "<u8", "<f8", "<f8", "<f8")


@dataclass(frozen=True)
class Samples:
    """Rows to learn from.

    Attributes:
        known: when each outcome became known, event time in ms since 1970, (n,); rows are learnt in this order.
        times: event times, ms since 1970, (n,).
        points: points of the events' ids, uint64 (n,).
        keys: points that decide which shard learns a row, uint64 (n,); 0 where one shard learns all.
        targets: outcomes, (n,).
        weights: how much each row counts, >= 0, (n,).
        served: predictions that the job gave for the rows, (n,); NaN where there is none.
        features: as models take them, float32 (n, k).
        names: the keys themselves as UTF-8, (n,); empty for a row without one. None: one model learns all.
    """

    known: NDArray[np.int64]
    times: NDArray[np.int64]
    points: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]
    served: NDArray[np.float64]
    features: NDArray[np.float32]
    names: NDArray[np.bytes_] | None = None

    def __len__(self) -> int:
        return len(self.known)

    def take(self, rows: NDArray[Any] | slice) -> Samples:
        """Return some rows."""
        names = None if self.names is None else self.names[rows]
        return Samples(*[*(column[rows] for column in self._columns), names])

    @property
    def _columns(self) -> list[Any]:
        return [getattr(self, each.name) for each in fields(self)[:-1]]

    def to_bytes(self) -> bytes:
        """Return the rows as bytes: format, number of rows and of features, then the columns; last, names if any."""
        kinds = (*_KINDS, "<f4")
        data = [np.ascontiguousarray(column, kind).tobytes() for column, kind in zip(self._columns, kinds, strict=True)]
        if self.names is not None:
            data += [_WIDTH.pack(self.names.itemsize), self.names.tobytes()]
        version = VERSION if self.names is None else NAMED
        return b"".join([_HEADER.pack(version, len(self), self.features.shape[1]), *data])

    @classmethod
    def from_bytes(cls, data: bytes) -> Samples:
        """Return what ``to_bytes`` wrote, in the same memory.

        Raises:
            ValueError: the bytes are of another version of the format.
        """
        version, rows, width = _HEADER.unpack_from(data)
        if version not in (VERSION, NAMED):
            known = f"{VERSION} or {NAMED}"
            msg = f"samples: expected format {known}, got format {version}; read them with their own release"
            raise ValueError(msg)
        columns: list[Any] = []
        place = _HEADER.size
        for kind in _KINDS:
            columns.append(np.frombuffer(data, kind, rows, place))
            place += columns[-1].nbytes
        columns.append(np.frombuffer(data, "<f4", rows * width, place).reshape(rows, width))
        if version == NAMED:
            place += columns[-1].nbytes
            size = _WIDTH.unpack_from(data, place)[0]
            columns.append(np.frombuffer(data, f"S{size}", rows, place + _WIDTH.size))
        return cls(*columns)


def joined(parts: Sequence[Samples]) -> Samples:
    """Return the rows of parts, at least one, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    columns: list[Any] = [np.concatenate(columns) for columns in zip(*(part._columns for part in parts), strict=True)]
    if all(part.names is None for part in parts):
        return Samples(*columns)
    # Rows of a release that did not keep names have no key.
    filled = [np.zeros(len(part), "S1") if part.names is None else part.names for part in parts]
    return Samples(*[*columns, np.concatenate(filled)])


def in_order(samples: Samples) -> Samples:
    """Return rows in the order in which they are learnt: it does not depend on the order in which they came.

    The order is that of the times at which outcomes became known, then of event times, then of ids.
    """
    columns = (samples.points, samples.times, samples.known)
    order = np.lexsort(columns)
    first, second = order[:-1], order[1:]
    if len(order) > 1 and np.logical_and.reduce([column[first] == column[second] for column in columns]).any():
        # Seldom has an event two outcomes at one time; only then does the rest matter.
        others = (samples.served, samples.weights, samples.targets, samples.keys)
        order = np.lexsort((*samples.features.T, *others, *columns))
    return samples.take(order)

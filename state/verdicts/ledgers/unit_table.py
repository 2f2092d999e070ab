"""Columns of remembered values of a shard's units; they grow."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 256


class UnitTable:
    """The units of one experiment in one shard, each at a place of its own, in the order in which they came.

    Args:
        metrics: number of metrics.

    Attributes:
        arms: variant of each unit.
        steps: step at which it came.
        last_steps: step of its latest row; -1 before the first.
        is_in_both: whether another variant answered it, too.
        sums: sum of its values, one column a metric.
        events: number of its values, one column a metric.
    """

    def __init__(self, metrics: int) -> None:
        self._metrics = metrics
        self._places: dict[int, int] = {}
        self.arms, self.steps = np.empty(_LEAST, np.int64), np.empty(_LEAST, np.int64)
        self.is_in_both, self.last_steps = np.zeros(_LEAST, np.bool_), np.full(_LEAST, -1, np.int64)
        self.sums, self.events = (np.zeros((_LEAST, metrics)) for _ in range(2))

    def __len__(self) -> int:
        return len(self._places)

    @property
    def points(self) -> NDArray[np.uint64]:
        """Point of each unit."""
        return np.fromiter(self._places, np.uint64, len(self))

    def places(self, points: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the places of points; -1 where a unit is not known."""
        return np.fromiter(map(self._places.get, points.tolist(), repeat(-1)), np.int64, len(points))

    def add(self, points: NDArray[np.uint64]) -> slice:
        """Give units a place that had none, each once, and return the places."""
        begin, end = len(self), len(self) + len(points)
        self._grow(end)
        self._places.update(zip(points.tolist(), range(begin, end), strict=True))
        return slice(begin, end)

    def _grow(self, size: int) -> None:
        if size <= len(self.arms):
            return
        more = max(size, 2 * len(self.arms)) - len(self.arms)
        self.arms, self.steps = (np.concatenate([old, np.zeros(more, np.int64)]) for old in (self.arms, self.steps))
        self.is_in_both = np.concatenate([self.is_in_both, np.zeros(more, np.bool_)])
        self.last_steps = np.concatenate([self.last_steps, np.full(more, -1, np.int64)])
        empty = np.zeros((more, self._metrics))
        self.sums, self.events = np.concatenate([self.sums, empty]), np.concatenate([self.events, empty])

    def to_bytes(self) -> bytes:
        """Return the columns of all units as bytes."""
        size = len(self)
        columns = (
            self.points.astype("<u8"),
            self.arms[:size].astype("<i2"),
            self.steps[:size].astype("<i2"),
            self.last_steps[:size].astype("<i2"),
            self.is_in_both[:size],
            self.sums[:size].astype("<f8"),
            self.events[:size].astype("<f8"),
        )
        return b"".join(column.tobytes() for column in columns)

    def restore(self, data: bytes, place: int, size: int) -> None:
        """Take a number of units of ``to_bytes``, whose bytes begin at a place."""
        values = size * self._metrics
        kinds: tuple[tuple[Any, int], ...] = (
            ("<u8", size),
            ("<i2", size),
            ("<i2", size),
            ("<i2", size),
            (np.bool_, size),
            ("<f8", values),
            ("<f8", values),
        )
        columns = []
        for kind, count in kinds:
            columns.append(np.frombuffer(data, kind, count, place))
            place += columns[-1].nbytes
        self._grow(size)
        self._places = dict(zip(columns[0].tolist(), range(size), strict=True))
        self.arms[:size], self.steps[:size], self.last_steps[:size], self.is_in_both[:size] = columns[1:5]
        self.sums[:size], self.events[:size] = (column.reshape(size, self._metrics) for column in columns[5:])

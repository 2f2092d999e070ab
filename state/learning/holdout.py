"""Rows that are never learnt, and the newest of them, on which models are compared."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_POINTS = 2**64


def is_held_out(points: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """Return whether rows are held out: those whose point is below the share of all 2⁶⁴ points, (n,).

    A point is the xxHash64 of the event's id, with a salt that nothing else uses. So a row is on the same side in every
    process, and again when its label comes late or changes.

    Args:
        points: point of each row, (n,).
        share: share of rows to hold out, 0..1.

    Raises:
        ValueError: the share is out of range.

    Example:
        >>> is_held_out(np.array([0, 2**63 - 1, 2**63], np.uint64), 0.5).tolist()
        [True, True, False]
    """
    if not 0 <= share <= 1:
        msg = f"holdout: expected a share 0..1, got {share}; 0.05 holds out one row in twenty"
        raise ValueError(msg)
    first_learnt = int(Fraction(str(share)) * _POINTS)
    if first_learnt == _POINTS:
        return np.ones(len(points), np.bool_)
    held: NDArray[np.bool_] = points < np.uint64(first_learnt)
    return held


class HoldoutRows:
    """The newest held-out rows, at most so many.

    A row that comes again, as when its label was late, takes the place of its former self, so it counts once, with its
    latest target.

    Args:
        capacity: most rows, >= 1.
        features: width of the rows.

    Raises:
        ValueError: there is no capacity.

    Example:
        >>> kept = HoldoutRows(2, 1)
        >>> for point in (1, 2, 3, 2):
        ...     kept.add(np.array([point], np.uint64), np.ones((1, 1)), np.array([0.0]), np.array([10 * point]))
        >>> kept.points.tolist(), kept.times_ms.tolist()
        ([2, 3], [20, 30])
    """

    def __init__(self, capacity: int, features: int) -> None:
        if capacity < 1:
            msg = f"holdout: expected room for 1 row or more, got {capacity}; 1000 rows tell apart losses well"
            raise ValueError(msg)
        self._capacity = capacity
        self._matrix = np.zeros((capacity, features), np.float32)
        self._targets = np.zeros(capacity)
        self._times = np.zeros(capacity, np.int64)
        self._points = np.zeros(capacity, np.uint64)
        self._next = 0
        self._slots: dict[int, int] = {}  # by point, oldest first

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def rows(self) -> NDArray[np.float64]:
        """Features, oldest first, (h, k); single precision is what remains of them."""
        return self._matrix[self._order()].astype(np.float64)

    @property
    def targets(self) -> NDArray[np.float64]:
        """Targets, oldest first, (h,)."""
        return self._targets[self._order()]

    @property
    def times_ms(self) -> NDArray[np.int64]:
        """Event times in epoch milliseconds, oldest first, (h,)."""
        return self._times[self._order()]

    @property
    def points(self) -> NDArray[np.uint64]:
        """Points, oldest first, (h,)."""
        return self._points[self._order()]

    def add(
        self,
        points: NDArray[np.uint64],
        rows: NDArray[np.float64],
        targets: NDArray[np.float64],
        times_ms: NDArray[np.int64],
    ) -> None:
        """Keep rows in order, each in the place of its former self, or of the oldest where there is no room.

        Args:
            points: points of the rows' ids, (n,).
            rows: features, (n, k); NaN: missing.
            targets: targets, (n,); a row without one (NaN) is not kept.
            times_ms: event times in epoch milliseconds, (n,).
        """
        with np.errstate(over="ignore"):  # beyond single precision a feature is infinite
            single = rows.astype(np.float32)
        for row in np.flatnonzero(np.isfinite(targets)).tolist():
            slot = self._slot_of(int(points[row]))
            self._matrix[slot], self._targets[slot] = single[row], targets[row]
            self._times[slot], self._points[slot] = times_ms[row], points[row]

    def forget(self, rows: int) -> None:
        """Drop the oldest rows, as many as given or all."""
        left = self._order()[rows:]
        self._fill(self._points[left], self._matrix[left], self._targets[left], self._times[left])

    def to_bytes(self) -> bytes:
        """Return the state: 24 bytes a row and 4 a feature of it."""
        head = np.array([self._matrix.shape[1]], "<i8").tobytes()
        columns = [self.points.astype("<u8"), self.times_ms.astype("<i8"), self.targets.astype("<f8")]
        matrix = self._matrix[self._order()].astype("<f4")
        return pack(VERSION, head, *(column.tobytes() for column in columns), matrix.tobytes())

    def restore(self, data: bytes) -> None:
        """Take the rows of a state, the newest of them where there is less room than there was.

        Raises:
            ValueError: it is of another format version or width of rows.
        """
        head, points, times, targets, matrix = unpack("holdout", VERSION, data)
        features = int(np.frombuffer(head, "<i8")[0])
        if features != self._matrix.shape[1]:
            msg = f"holdout: expected rows of {self._matrix.shape[1]} features, got {features}; start without them"
            raise ValueError(msg)
        newest = slice(-self._capacity, None)
        self._fill(
            np.frombuffer(points, "<u8")[newest],
            np.frombuffer(matrix, "<f4").reshape(-1, features)[newest],
            np.frombuffer(targets, "<f8")[newest],
            np.frombuffer(times, "<i8")[newest],
        )

    def _order(self) -> NDArray[np.int64]:
        """Return the slots in use, oldest first."""
        return np.fromiter(self._slots.values(), np.int64, len(self._slots))

    def _slot_of(self, point: int) -> int:
        """Return the slot of a point, or the one that it takes now."""
        slot = self._slots.get(point)
        if slot is None:
            slot, self._next = self._next, (self._next + 1) % self._capacity
            if len(self._slots) == self._capacity:
                del self._slots[next(iter(self._slots))]
            self._slots[point] = slot
        return slot

    def _fill(
        self,
        points: NDArray[np.uint64],
        matrix: NDArray[np.float32],
        targets: NDArray[np.float64],
        times: NDArray[np.int64],
    ) -> None:
        size = len(points)
        self._points[:size], self._matrix[:size] = points, matrix
        self._targets[:size], self._times[:size] = targets, times
        self._slots = dict(zip(points.tolist(), range(size), strict=True))
        self._next = size % self._capacity

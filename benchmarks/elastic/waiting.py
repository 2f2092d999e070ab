"""Rows without a prediction over time, and the pauses of a job, from the times of events and of predictions."""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from benchmarks.elastic.answers import Seen


@dataclass(frozen=True)
class Waiting:
    """Rows in their time.

    Attributes:
        seen: all predictions of a run in which no row was lost.
    """

    seen: Sequence[Seen]

    @cached_property
    def _sent(self) -> list[int]:
        return sorted(each.sent_ms for each in self.seen)

    @cached_property
    def _answered(self) -> list[int]:
        return sorted(each.at_ms for each in self.seen)

    def rows(self, at_ms: float) -> int:
        """Return how many rows were sent by a time and had no prediction yet.

        >>> Waiting([Seen(1_500, 0, 1_000), Seen(3_000, 0, 1_200)]).rows(1_600)
        1
        """
        return bisect_right(self._sent, at_ms) - bisect_right(self._answered, at_ms)

    def latency_ms(self, from_ms: float, to_ms: float) -> float:
        """Return the median time from event to prediction of the rows that were sent in a time."""
        return statistics.median(each.at_ms - each.sent_ms for each in self.seen if from_ms <= each.sent_ms < to_ms)

    def first_after(self, at_ms: float) -> int:
        """Return the time of the first prediction from a time on, epoch milliseconds."""
        return self._answered[bisect_left(self._answered, at_ms)]

    def last_before(self, at_ms: float) -> int:
        """Return the time of the last prediction before a time, epoch milliseconds."""
        return self._answered[bisect_left(self._answered, at_ms) - 1]

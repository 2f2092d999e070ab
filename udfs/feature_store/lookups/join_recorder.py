"""Metrics of a job's look-ups in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from state.feature_store.counts import StoreCounts
from state.feature_store.errors import REASONS
from udfs.metrics.pending import PendingMetrics
from udfs.metrics.ticker import TICKER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

_SOURCES = {"cache": "cached", "server": "loaded", "shared": "shared", "stale": "stale", "none": "failed"}
_DEFAULTS = ("missing", "old", "unanswered")


class JoinRecorder:
    """A recorder of one operator's look-ups.

    Args:
        job: name of the job.
        columns: features that are looked up.
    """

    def __init__(self, job: str, columns: Iterable[str]) -> None:
        self._job = job
        self._pending = pending = PendingMetrics(job)
        self._counts: Callable[[], StoreCounts] = StoreCounts
        self._told = StoreCounts()
        self._lookups = {name: pending.counter("feature_store_lookups_total", name) for name in _SOURCES}
        self._misses = pending.counter("feature_store_misses_total")
        self._errors = {each: pending.counter("feature_store_errors_total", each) for each in REASONS}
        self._defaults = {
            (column, reason): pending.counter("feature_store_defaults_total", column, reason)
            for column in columns
            for reason in _DEFAULTS
        }
        self._latency = pending.histogram("feature_store_latency_seconds")

    def follow(self, counts: Callable[[], StoreCounts]) -> None:
        """Begin to report the counters of a store."""
        self._counts = counts
        TICKER.add(self.flush)

    def joined(self, seconds: float) -> None:
        """Observe how long a batch took."""
        with self._pending.lock:
            self._latency.add(seconds)

    def defaulted(self, column: str, rows: Mapping[str, int]) -> None:
        """Count rows of a feature that got its default, by reason."""
        if any(rows.values()):
            with self._pending.lock:
                for reason, number in rows.items():
                    self._defaults[column, reason].add(number)

    def aged(self, column: str, ages_ms: NDArray[np.int64]) -> None:
        """Observe how old the numbers of a feature are; one of the future is not old."""
        with self._pending.lock:
            self._pending.histogram("feature_store_age_seconds", column).add_all(ages_ms.clip(0) / 1000)

    def flush(self) -> None:
        """Write the counts so far."""
        now, told = self._counts(), self._told
        self._told = now
        with self._pending.lock:
            for source, name in _SOURCES.items():
                self._lookups[source].add(getattr(now, name) - getattr(told, name))
            self._misses.add(now.missing - told.missing)
            for reason, counter in self._errors.items():
                counter.add(now.errors.get(reason, 0) - told.errors.get(reason, 0))
        self._pending.flush()

    def close(self) -> None:
        """Write the remaining counts and stop."""
        TICKER.remove(self.flush)
        self.flush()

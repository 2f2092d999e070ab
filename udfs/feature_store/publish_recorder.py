"""Metrics and log lines about a job's writes to the store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from state.feature_store.errors import REASONS
from udfs.logs import fields
from udfs.metrics.pending import PendingMetrics
from udfs.metrics.ticker import TICKER

if TYPE_CHECKING:
    from state.feature_store.errors import StoreError
    from udfs.feature_store.store_writer import Rows

_LOG = logging.getLogger("gress.feature_store")
_SAID_EVERY_S = 60.0


class PublishRecorder:
    """A recorder of one operator's writes.

    Args:
        job: name of the job.
        entities: kinds of entities that it writes.
        consequence: effect of a failure on the job, for the log.
        clock: function that returns monotonic seconds.
    """

    def __init__(
        self, job: str, entities: Iterable[str], consequence: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._job = job
        self._consequence = consequence
        self._clock = clock
        self._pending = pending = PendingMetrics(job)
        self._written = {each: pending.counter("feature_store_written_total", each) for each in entities}
        self._dropped = {each: pending.counter("feature_store_dropped_total", each) for each in entities}
        self._errors = {each: pending.counter("feature_store_write_errors_total", each) for each in REASONS}
        self._seconds = pending.histogram("feature_store_write_seconds")
        self._said_s = -_SAID_EVERY_S
        self._is_failing = False
        TICKER.add(pending.flush)

    def written(self, rows: Rows, seconds: float) -> None:
        """Count rows that the store took in so many seconds."""
        with self._pending.lock:
            self._written[rows.group.entity].add(len(rows))
            self._seconds.add(seconds)
        if self._is_failing:
            self._is_failing = False
            _LOG.info("feature store: it takes rows again", extra=fields("feature_store_back", job=self._job))

    def failed(self, error: StoreError) -> None:
        """Count a write that failed, and say so once a minute."""
        with self._pending.lock:
            self._errors[error.reason].add(1)
        self._is_failing = True
        if self._clock() - self._said_s >= _SAID_EVERY_S:
            self._said_s = self._clock()
            said = fields("feature_store_not_written", job=self._job, reason=error.reason)
            _LOG.warning("%s; %s", error, self._consequence, extra=said)

    def dropped(self, rows: Rows) -> None:
        """Count rows that will never be written."""
        with self._pending.lock:
            self._dropped[rows.group.entity].add(len(rows))

    def close(self) -> None:
        """Write the remaining counts and stop."""
        TICKER.remove(self._pending.flush)
        self._pending.flush()

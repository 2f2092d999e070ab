"""Metric of the join of predictions with labels, recorded part by part."""

from __future__ import annotations

from conf.settings import MetricsSettings
from udfs.labels.label_parts import OUTCOMES
from udfs.metrics.exporter import export_metrics
from udfs.metrics.pending import PendingMetrics
from udfs.metrics.ticker import TICKER


class LabelRecorder:
    """A recorder of one task that joins predictions with labels.

    It can be shipped to a worker until it is opened. Without a port nothing is recorded.

    Args:
        job: name of the job.
        settings: settings of the metrics endpoint.
        is_serving: this process may start the endpoint.
    """

    def __init__(self, job: str, settings: MetricsSettings, *, is_serving: bool = True) -> None:
        self._job, self._settings, self._is_serving = job, settings, is_serving
        self._opened: PendingMetrics | None = None

    def open(self) -> None:
        """Start the endpoint, and show all outcomes at 0."""
        if self._settings.port:
            export_metrics(self._job, self._settings, is_serving=self._is_serving)
            self._opened = pending = PendingMetrics(self._job)
            with pending.lock:
                for outcome in OUTCOMES:
                    pending.counter("labels_total", outcome)
            TICKER.add(self.flush)

    def left(self, outcome: str, rows: int) -> None:
        """Count rows that left the join with an outcome."""
        if self._opened is not None:
            with self._opened.lock:
                self._opened.counter("labels_total", outcome).add(rows)

    def flush(self) -> None:
        """Write the counts so far."""
        if self._opened is not None:
            self._opened.flush()

    def close(self) -> None:
        """Write the remaining counts and stop."""
        TICKER.remove(self.flush)
        self.flush()

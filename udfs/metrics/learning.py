"""Metrics of a model that learns, recorded update by update and slot by slot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from conf.settings import MetricsSettings
from udfs.metrics.exporter import export_metrics
from udfs.metrics.pending import PendingMetrics
from udfs.metrics.series import series
from udfs.metrics.ticker import TICKER

ONLINE = "online"
"""The version of a model that learns, between those that it published."""

SERVED = "served"
"""The version of whatever answered the rows that a model learnt from."""

TrainingError = Literal["update_failed", "publish_failed"]
_ERRORS: tuple[TrainingError, ...] = ("update_failed", "publish_failed")

Record = Mapping[str, Any]


class LearningRecorder:
    """A recorder of one task that updates models or publishes what they learnt; each kind of task calls its own part.

    It can be shipped to a worker until its first call, which starts the endpoint. Without a port nothing is recorded.

    Args:
        job: name of the job.
        model: name of the model.
        settings: settings of the metrics endpoint.
        is_serving: this process may start the endpoint.
    """

    def __init__(self, job: str, model: str, settings: MetricsSettings, *, is_serving: bool = True) -> None:
        self._job, self._model = job, model
        self._settings = settings
        self._is_serving = is_serving
        self._opened: PendingMetrics | None = None
        self._published = ""
        self._failures: int | None = None

    def updated(self, rows: int, seconds: float) -> None:
        """Count an update from so many labelled rows."""
        pending = self._open()
        if pending is None:
            return
        with pending.lock:
            pending.counter("online_updates_processed_total", self._model, ONLINE).add(rows)
            pending.histogram("online_update_latency_seconds", self._model, ONLINE).add(seconds)
            pending.histogram("online_update_batch_size", self._model, ONLINE).add(rows)

    def slot(self, record: Record) -> None:
        """Show the values in the record of a slot; a score that is unknown leaves its gauge as it was."""
        if self._open() is None:
            return
        for version, name in ((ONLINE, "scores"), (SERVED, "served")):
            for metric, score in record[name].items():
                if score is not None and math.isfinite(score):
                    series("model_score", self._job, self._model, version, metric).set(score)
        self._gauge("online_rollbacks").set(record.get("guard", {}).get("rolled_back", 0))
        self._gauge("online_drifts").set(record.get("drifts", 0))
        if self._failures is None:
            self._show_failures(0)
        if record.get("version"):
            self._show_version(record["version"])

    def published(self, seconds: float) -> None:
        """Count a version that was published in so many seconds."""
        pending = self._open()
        if pending is None:
            return
        with pending.lock:
            pending.histogram("checkpoint_duration_seconds", self._model, ONLINE).add(seconds)
        self._show_failures(0)

    def failed(self, error_type: TrainingError) -> None:
        """Count an update, or an attempt to publish a version, that failed.

        Raises:
            ValueError: it is of neither type.
        """
        if error_type not in _ERRORS:
            message = f"error_type: expected {' or '.join(_ERRORS)}, got {error_type!r}"
            raise ValueError(message)
        pending = self._open()
        if pending is None:
            return
        with pending.lock:
            pending.counter("training_errors_total", self._model, ONLINE, error_type).add(1)
        if error_type == "publish_failed":
            self._show_failures((self._failures or 0) + 1)

    def flush(self) -> None:
        """Write the counts so far."""
        if self._opened is not None:
            self._opened.flush()

    def close(self) -> None:
        """Write the remaining counts and stop; a process that outlives the job shows no state of its model."""
        TICKER.remove(self.flush)
        if self._opened is not None:
            self._show_version("")
            if self._failures is not None:
                self._show_failures(0)
            self.flush()

    def _open(self) -> PendingMetrics | None:
        if self._opened is None and self._settings.port:
            export_metrics(self._job, self._settings, is_serving=self._is_serving)
            self._opened = pending = PendingMetrics(self._job)
            with pending.lock:
                pending.counter("online_updates_processed_total", self._model, ONLINE)
                for error_type in _ERRORS:
                    pending.counter("training_errors_total", self._model, ONLINE, error_type)
            TICKER.add(self.flush)
        return self._opened

    def _show_failures(self, failures: int) -> None:
        self._failures = failures
        self._gauge("online_publish_failures").set(failures)

    def _show_version(self, version: str) -> None:
        for shown, value in ((self._published, 0), (version, 1)):
            if shown:
                series("online_version_info", self._job, self._model, shown).set(value)
        self._published = version

    def _gauge(self, name: str) -> Any:
        return series(name, self._job, self._model)

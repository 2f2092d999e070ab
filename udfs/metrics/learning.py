"""Metrics of a model that learns, recorded update by update and slot by slot."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Literal

from conf.settings import MetricsSettings
from udfs.metrics.exporter import export_metrics
from udfs.metrics.pending import PendingMetrics
from udfs.metrics.pooled import pooled_scores
from udfs.metrics.series import series
from udfs.metrics.ticker import TICKER

ONLINE = "online"
"""The version of a model that learns, between those that it published."""

SERVED = "served"
"""The version of whatever answered the rows that a model learnt from."""

TrainingError = Literal["update_failed", "publish_failed"]
_ERRORS: tuple[TrainingError, ...] = ("update_failed", "publish_failed")

Record = Mapping[str, Any]


class _Shards:
    """The last records of the shards of this process, in which each of several tasks has some of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str], dict[Any, Record]] = {}

    def keep(self, job: str, model: str, record: Record) -> list[Record]:
        """Keep a record, and return the last one of each shard of its model."""
        with self._lock:
            last = self._last.setdefault((job, model), {})
            last[record.get("shard")] = record
            return list(last.values())

    def forget(self, job: str, model: str, shards: set[Any]) -> None:
        """Forget the records of shards that went elsewhere."""
        with self._lock:
            for shard in shards:
                self._last.get((job, model), {}).pop(shard, None)


_SHARDS = _Shards()


class LearningRecorder:
    """A recorder of one task that updates a model, or the models of some shards.

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
        self._shards: set[Any] = set()
        self._published = ""
        self._failures = 0

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
        """Show what the record of a slot says; scores of several shards are pooled, and their counts added."""
        if self._open() is None:
            return
        self._shards.add(record.get("shard"))
        last = _SHARDS.keep(self._job, self._model, record)
        for version, name in ((ONLINE, "scores"), (SERVED, "served")):
            pooled = pooled_scores((each["rows"], each[name]) for each in last)
            for metric, score in pooled.items():
                series("model_score", self._job, self._model, version, metric).set(score)
        self._gauge("online_rollbacks").set(sum((each.get("guard") or {}).get("rolled_back", 0) for each in last))
        self._gauge("online_drifts").set(sum(each.get("drifts", 0) for each in last))
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
            self._show_failures(self._failures + 1)

    def flush(self) -> None:
        """Write the counts so far."""
        if self._opened is not None:
            self._opened.flush()

    def close(self) -> None:
        """Write the remaining counts and stop; a process that outlives the job shows no state of its model."""
        TICKER.remove(self.flush)
        if self._opened is not None:
            self._show_version("")
            self._show_failures(0)
            self.flush()
        _SHARDS.forget(self._job, self._model, self._shards)

    def _open(self) -> PendingMetrics | None:
        if self._opened is None and self._settings.port:
            export_metrics(self._job, self._settings, is_serving=self._is_serving)
            self._opened = pending = PendingMetrics(self._job)
            with pending.lock:
                pending.counter("online_updates_processed_total", self._model, ONLINE)
                for error_type in _ERRORS:
                    pending.counter("training_errors_total", self._model, ONLINE, error_type)
            self._show_failures(0)
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

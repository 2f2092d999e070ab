"""Report of a judged drift window as metrics and a log line."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from conf.settings import MetricsSettings
from udfs.logs import fields, set_up_logs
from udfs.metrics.catalogue import metric
from udfs.metrics.exporter import export_metrics

_LOG = logging.getLogger("gress.drift")
_NAMED = 3


@dataclass
class DriftReport:
    """A listener for the records of windows, shipped to the worker that judges them.

    Attributes:
        metrics: settings of the metrics endpoint.
        logs: format of log lines.
    """

    metrics: MetricsSettings
    logs: Literal["text", "json"] = "text"

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Report one window."""
        set_up_logs(self.logs)
        # They come most certain first; in a window of many rows that says nothing of how large each is.
        drifted = sorted(
            (finding for finding in record["findings"] if finding["is_drift"]), key=lambda each: -each["score"]
        )
        if drifted:
            named = ", ".join(f"{each['name']} {each['score']:.2f}" for each in drifted[:_NAMED])
            more = f" and {len(drifted) - _NAMED} more" if len(drifted) > _NAMED else ""
            window = f"model {record['model']}@{record['version']}: drift in the window from {record['window_start']}"
            about = {name: record[name] for name in ("model", "version", "window_start", "rows", "score")}
            said = fields("drift", **about, columns=[each["name"] for each in drifted])
            _LOG.warning("%s, %d rows: %s%s", window, record["rows"], named, more, extra=said)
        if self.metrics.port:
            export_metrics(self.metrics)
            self._set(record)

    def _set(self, record: Mapping[str, Any]) -> None:
        ref = record["model"], record["version"]
        drift, quality = metric("model_drift_score"), record["quality"]
        if record["score"] is not None:
            drift.labels(*ref, "overall").set(record["score"])
            for each in record["findings"]:
                drift.labels(*ref, f"{each['role']}:{each['name']}").set(each["score"])
        if quality is not None:
            drift.labels(*ref, "concept").set(quality["score"])
            for name in ("auc_roc", "calibration_error"):
                if quality[name] is not None:
                    metric("model_score").labels(*ref, name).set(quality[name])

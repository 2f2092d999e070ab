"""Report of a drift record as metrics and a log line."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from conf.settings import MetricsSettings
from state.drift.records import is_change
from udfs.logs import fields, set_up_logs
from udfs.metrics.exporter import export_metrics
from udfs.metrics.series import series

_LOG = logging.getLogger("gress.drift")
_NAMED = 3


@dataclass
class DriftReport:
    """A listener for drift records, shipped to the worker that judges windows.

    Attributes:
        job: name of the job.
        metrics: settings of the metrics endpoint.
        logs: format of log lines.
        is_serving: this process may start the endpoint.
    """

    job: str
    metrics: MetricsSettings
    logs: Literal["text", "json"] = "text"
    is_serving: bool = True

    def __post_init__(self) -> None:
        # By job, model and version: the metric of each change that is shown, and when it was found.
        self._changes: dict[tuple[str, str, str], dict[str, str]] = {}

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Report one window or one change."""
        set_up_logs(self.logs)
        is_of_change = is_change(record)
        drifted = [finding for finding in record["findings"] if finding["is_drift"]]
        if drifted:
            line = _change_line(record) if is_of_change else _window_line(record, drifted)
            about = {name: record[name] for name in ("model", "version", "window_start", "rows", "score")}
            said = fields("drift", **about, columns=[each["name"] for each in _largest_first(drifted)])
            _LOG.warning("%s", line, extra=said)
        if self.metrics.port:
            export_metrics(self.job, self.metrics, is_serving=self.is_serving)
            if is_of_change:
                self._show_change(record)
            else:
                self._end_changes(record)
                self._show_window(record)

    def _show_change(self, record: Mapping[str, Any]) -> None:
        """Set the gauge of a change, which stays until a window without such a change has passed."""
        ref = self._labels(record)
        for each in record["findings"]:
            name = f"{each['measure']}:{each['role']}:{each['name']}"
            series("model_drift_score", *ref, name).set(each["score"])
            self._changes.setdefault(ref, {})[name] = record["window_end"]

    def _end_changes(self, record: Mapping[str, Any]) -> None:
        ref = self._labels(record)
        shown = self._changes.get(ref, {})
        for name in [name for name, found in shown.items() if found < record["window_start"]]:
            series("model_drift_score", *ref, name).set(0)
            del shown[name]

    def _show_window(self, record: Mapping[str, Any]) -> None:
        ref = self._labels(record)
        drift, quality = partial(series, "model_drift_score", *ref), record["quality"]
        if record["score"] is not None:
            drift("overall").set(record["score"])
            for each in record["findings"]:
                drift(f"{each['role']}:{each['name']}").set(each["score"])
        if quality is not None:
            drift("concept").set(quality["score"])
            for name in ("auc_roc", "calibration_error"):
                if quality[name] is not None:
                    series("model_score", *ref, name).set(quality[name])

    def _labels(self, record: Mapping[str, Any]) -> tuple[str, str, str]:
        return self.job, record["model"], record["version"]


def _largest_first(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    # They come most certain first; in a window of many rows that says nothing of how large each is.
    return sorted(findings, key=lambda finding: -finding["score"])


def _window_line(record: Mapping[str, Any], drifted: Sequence[Mapping[str, Any]]) -> str:
    named = ", ".join(f"{each['name']} {each['score']:.2f}" for each in _largest_first(drifted)[:_NAMED])
    more = f" and {len(drifted) - _NAMED} more" if len(drifted) > _NAMED else ""
    window = f"model {record['model']}@{record['version']}: drift in the window from {record['window_start']}"
    return f"{window}, {record['rows']} rows: {named}{more}"


def _change_line(record: Mapping[str, Any]) -> str:
    (found,) = record["findings"]
    where = f"{found['role']} {found['name']} changed at {record['window_end']}"
    seen = f"after {record['rows']} rows: its mean moved by {found['statistic']:+.3f}, score {found['score']:.2f}"
    return f"model {record['model']}@{record['version']}: {where} ({found['measure']}), {seen}"

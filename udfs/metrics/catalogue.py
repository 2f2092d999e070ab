"""Every metric: its name, kind, labels, and what to do when it moves.

Names follow https://prometheus.io/docs/practices/naming; all begin with ``gress_ml_``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

PREFIX = "gress_ml_"
_C = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        kind: counter, gauge or histogram.
        labels: their names.
        text: what it counts, and in which unit.
        advice: what to do when it moves.
        buckets: upper bounds of a histogram, ascending.
        merge: how a gauge's values of several workers become one: their sum or the largest, of those that run.
    """

    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    text: str
    advice: str
    buckets: tuple[float, ...] = ()
    merge: Literal["livesum", "livemax"] = "livesum"


METRICS = MappingProxyType(
    {
        "models_loaded": Metric(
            "gauge",
            ("model", "version", "type"),
            "Versions that are loaded, those kept for a rollback among them.",
            "Above max_loaded for long: a batch never ends.",
        ),
        "model_load_time_seconds": Metric(
            "histogram",
            ("model", "version", "type"),
            "Seconds from asking the registry for a version to its being fit to serve.",
            "Growing: the store is slow, or the model large; a swap takes as long.",
            _C,
        ),
        "model_load_errors_total": Metric(
            "counter",
            ("model", "version", "type", "error_type"),
            "Versions that could not be loaded or are not fit to serve.",
            "See the log for the reason; `gress models history` shows who deployed it.",
        ),
        "model_swaps_total": Metric(
            "counter",
            ("model", "result"),
            "Deployments taken up (swapped, rolled_back) or refused (rejected).",
            "rejected grows: the version that was promoted does not serve; see the log.",
        ),
        "fallback_predictions_total": Metric(
            "counter",
            ("model", "version", "reason"),
            "Rows that the model could not score and another version or the default prediction answered.",
            "reason says what the model did: failed, not_finite, too_slow, or breaker_open after that.",
        ),
        "circuit_breaker_state": Metric(
            "gauge",
            ("model", "version"),
            "0 closed, 1 half-open, 2 open: the model is left alone.",
            "Open: roll back, or mend what the model needs; it is tried again by itself.",
            merge="livemax",
        ),
        "model_registry_errors_total": Metric(
            "counter",
            ("model",),
            "Times that the registry began not to answer; jobs go on with what is loaded.",
            "Check the store, its credentials and the network.",
        ),
    }
)
"""By name without prefix."""


@cache
def metric(name: str) -> Any:
    """Return the Prometheus metric of a name in the catalogue, one for each process."""
    import prometheus_client

    entry = METRICS[name]
    full = PREFIX + name
    if entry.kind == "counter":
        return prometheus_client.Counter(full, entry.text, entry.labels)
    if entry.kind == "gauge":
        return prometheus_client.Gauge(full, entry.text, entry.labels, multiprocess_mode=entry.merge)
    return prometheus_client.Histogram(full, entry.text, entry.labels, buckets=entry.buckets)

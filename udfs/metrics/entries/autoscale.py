"""Metrics of `gress autoscale`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from udfs.metrics.entries.metric import Metric

AUTOSCALE_METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "autoscale_slots": Metric(
            "gauge",
            ("job", "bound"),
            "Slots that the job has (current) and is to have (wanted), by `gress autoscale`.",
            "Apart for long: the cluster lacks slots; add TaskManagers.",
        ),
        "autoscale_utilization": Metric(
            "gauge",
            ("job",),
            "Share of its time that the busiest vertex needs for all that arrives and waits; above 1: it falls behind.",
            "Above 1 for long: no slots, partitions or rescales are left; the log of `gress autoscale` says which.",
        ),
        "autoscale_pending_records": Metric(
            "gauge",
            ("job",),
            "Records that wait at the sources; NaN: they do not say.",
            "Growing after a rescale: see autoscale_utilization.",
        ),
        "autoscale_rescales_total": Metric(
            "counter",
            ("job", "action"),
            "Rescales that Flink was asked for, up or down.",
            "More than three an hour: the load swings faster than --stable; make that longer.",
        ),
        "autoscale_decisions_total": Metric(
            "counter",
            ("job", "action", "cause"),
            "Decisions by action and cause, one each look.",
            "Many by cluster, bound or budget: the log says what is missing.",
        ),
    }
)

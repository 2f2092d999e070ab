"""A worker that records into every metric of the catalogue, several times a second, until it is killed.

``python -m tests.monitoring.moving_metrics PORT FOLDER``
"""

from __future__ import annotations

import itertools
import random
import sys
import time

from conf.settings import MetricsSettings
from udfs.metrics.catalogue import METRICS, Metric
from udfs.metrics.exporter import export_metrics
from udfs.metrics.series import series

JOB, MODEL = "fraud-detection", "fraud-detector"

# Values of each label; the first is that of the larger share.
LABELS = {
    "job": (JOB,),
    "model": (MODEL,),
    "version": ("2.0.0", "1.0.0"),
    "type": ("onnx",),
    "status": ("success", "error"),
    "error_type": ("prediction_failed",),
    "feature_set": ("fraud",),
    "feature_type": ("numerical", "temporal"),
    "metric": ("overall", "feature:TX_AMOUNT"),
    "experiment": ("recommendation",),
    "variant": ("control", "treatment"),
    "result": ("swapped", "rejected"),
    "output": ("prediction",),
    "follows": ("registry",),
    "tags": ("environment=production",),
    "description": ("",),
    "device": ("cpu",),
    "feature": ("TX_AMOUNT",),
    "reason": ("malformed", "late"),
    "stage": ("parse",),
    "bound": ("lower", "estimate", "upper"),
    "action": ("continue",),
    "outcome": ("matched", "late"),
    "entity": ("card", "shop"),
    "source": ("cache", "server"),
    "cause": ("load", "budget"),
}
# A shadow's answer matches or not; a deployment is taken up or not. A model that learns has scores of its own.
_OTHERS = {
    ("abtest_shadow_comparisons_total", "result"): ("match", "mismatch"),
    ("abtest_verdict_gain", "metric"): ("log_loss",),
    ("model_device_info", "reason"): ("no_driver",),
    ("autoscale_slots", "bound"): ("current", "wanted"),
    ("autoscale_rescales_total", "action"): ("up", "down"),
    ("autoscale_decisions_total", "action"): ("hold", "up"),
    ("model_score", "version"): ("2.0.0", "online", "served"),
}


def label_values(name: str, entry: Metric) -> list[tuple[str, ...]]:
    """Return all label values under which a metric is recorded."""
    choices = [_OTHERS.get((name, label), LABELS[label]) for label in entry.labels]
    return list(itertools.product(*choices))


def record(draw: random.Random) -> None:
    """Move every metric."""
    for name, entry in METRICS.items():
        for place, values in enumerate(label_values(name, entry)):
            found = series(name, *values)
            if entry.kind == "counter":
                found.inc(draw.randint(1, 10) if place else 100)
            elif entry.kind == "gauge":
                found.set(draw.random())
            else:
                found.observe(draw.choice(entry.buckets) * draw.random())


def main(port: str, folder: str) -> None:
    """Record until killed."""
    export_metrics(JOB, MetricsSettings(port=int(port), bind="127.0.0.1", folder=folder))
    draw = random.Random(1)
    while True:
        record(draw)
        time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])

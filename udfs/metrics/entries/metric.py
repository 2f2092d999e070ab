"""One entry of the catalogue of metrics, and bucket sets of histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AGES = (0.0, 1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0, 259200.0, 604800.0, 2592000.0)
BATCHES = (1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0)
LOADS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
FEATURES = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1)
LATENCY = (*FEATURES, 0.25, 0.5, 1.0, 2.5)
WAITS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SHARES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
VALUES = (-1000.0, -100.0, -10.0, -1.0, -0.1, 0.0, *SHARES, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0, 10000.0)


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        kind: counter, gauge or histogram.
        labels: names of the labels.
        text: the counted thing and its unit.
        advice: what to do when it moves.
        buckets: upper bounds of a histogram, ascending.
        merge: value of a gauge over the running workers: their sum, the largest or the latest.
    """

    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    text: str
    advice: str
    buckets: tuple[float, ...] = ()
    merge: Literal["livesum", "livemax", "livemostrecent"] = "livesum"

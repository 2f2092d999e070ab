"""Texts of metrics endpoints, as prometheus-client itself writes them."""

from __future__ import annotations

from copy import copy

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gress.metrics.scrape import Scrape, parse
from udfs.metrics.catalogue import METRICS, PREFIX


class Exposition:
    """The metrics of one host, in a registry of their own; labels are those after ``job``.

    Args:
        job: the job that counts.
    """

    def __init__(self, job: str = "job") -> None:
        self._job = job
        self._registry = CollectorRegistry()
        self._metrics: dict[str, Counter | Gauge | Histogram] = {}

    def of(self, job: str) -> Exposition:
        """The same host, where another job counts."""
        other = copy(self)
        other._job = job
        return other

    def count(self, name: str, labels: tuple[str, ...], by: float) -> Exposition:
        """Add to a counter."""
        self._metric(name).labels(self._job, *labels).inc(by)
        return self

    def set(self, name: str, labels: tuple[str, ...], value: float) -> Exposition:
        """Set a gauge."""
        self._metric(name).labels(self._job, *labels).set(value)
        return self

    def observe(self, name: str, labels: tuple[str, ...], *values: float) -> Exposition:
        """Add to a histogram."""
        for value in values:
            self._metric(name).labels(self._job, *labels).observe(value)
        return self

    @property
    def text(self) -> str:
        """Return the answer of the host's endpoint."""
        return generate_latest(self._registry).decode()

    def at(self, at_s: float, endpoint: str = "host:1") -> Scrape:
        """The answer, read."""
        return parse(endpoint, at_s, self.text)

    def _metric(self, name: str) -> Counter | Gauge | Histogram:
        if name not in self._metrics:
            entry = METRICS[name]
            made = {"registry": self._registry, "labelnames": entry.labels}
            if entry.kind == "histogram":
                made["buckets"] = entry.buckets
            kind = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}[entry.kind]
            self._metrics[name] = kind(PREFIX + name, entry.text, **made)
        return self._metrics[name]

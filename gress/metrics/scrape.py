"""Answers of metrics endpoints: counters, gauges and histograms of our catalogue."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from conf.types.printable import printable
from gress.metrics.histogram import Histogram
from jobs.errors import refuse
from udfs.metrics.catalogue import PREFIX

# Nothing here shows these thousands of lines, which cost 15 µs each.
_UNREAD = tuple(f"{PREFIX}{name}_distribution" for name in ("input", "prediction"))


class Series(NamedTuple):
    """A metric with its labels.

    Attributes:
        name: name in the catalogue, without prefix.
        labels: names and values, sorted by name.
    """

    name: str
    labels: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, name: str, labels: Mapping[str, str]) -> Series:
        """Return the series of a metric with labels in any order."""
        return cls(name, tuple(sorted((label, printable(value)) for label, value in labels.items())))

    def has(self, labels: Mapping[str, str]) -> bool:
        """Return whether the series has all of these labels."""
        return set(labels.items()) <= set(self.labels)


@dataclass(frozen=True)
class Scrape:
    """The answer of an endpoint.

    Attributes:
        endpoint: HOST:PORT.
        at_s: time of the answer, by a monotonic clock.
        counters: values of counters.
        gauges: values of gauges.
        histograms: values of histograms.
        problem: reason why there is no answer; "" if there is one.
    """

    endpoint: str
    at_s: float
    counters: Mapping[Series, float] = field(default_factory=dict)
    gauges: Mapping[Series, float] = field(default_factory=dict)
    histograms: Mapping[Series, Histogram] = field(default_factory=dict)
    problem: str = ""


def parse_endpoint(text: str) -> str:
    """Return a text that is HOST:PORT.

    Raises:
        JobError: the text is not HOST:PORT.
    """
    try:
        parts = urlsplit(f"//{text}")
        is_good = bool(parts.hostname and parts.port) and parts.netloc == text and "@" not in text
    except ValueError:
        is_good = False
    if not is_good or not text.isprintable() or " " in text:
        refuse(
            "metrics endpoint", "HOST:PORT", repr(text), "the port is ml.metrics.port, as in: gress top localhost:9249"
        )
    return text


def scrape(endpoint: str, *, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> Scrape:
    """Ask an endpoint; a failure becomes the ``problem`` of the result, not an error.

    Args:
        endpoint: HOST:PORT.
        timeout_s: longest wait for an answer, in seconds.
        clock: function that returns the time of the answer.
    """
    try:
        with urllib.request.urlopen(f"http://{endpoint}/metrics", timeout=timeout_s) as answer:
            content = answer.read()
    except urllib.error.HTTPError as error:
        return Scrape(endpoint, clock(), problem=f"HTTP {error.code} {error.reason}")
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return Scrape(endpoint, clock(), problem=text)
    at_s = clock()
    try:
        return parse(endpoint, at_s, content.decode())
    except (ValueError, LookupError):
        return Scrape(endpoint, at_s, problem="what answers there does not speak Prometheus' text format")


def parse(endpoint: str, at_s: float, text: str) -> Scrape:
    """Return the series of our catalogue in a text of Prometheus' format.

    Raises:
        ValueError: the text has another format; the parser may raise LookupError instead.
    """
    from prometheus_client.parser import text_string_to_metric_families

    read = "\n".join(line for line in text.split("\n") if not line.removeprefix("# TYPE ").startswith(_UNREAD))
    counters: dict[Series, float] = {}
    gauges: dict[Series, float] = {}
    histograms: dict[Series, Histogram] = {}
    for family in text_string_to_metric_families(read):
        if not family.name.startswith(PREFIX):
            continue
        if family.type == "histogram":
            histograms |= _histograms(family.name.removeprefix(PREFIX), family.samples)
            continue
        found = {Series.of(each.name.removeprefix(PREFIX), each.labels): each.value for each in family.samples}
        (counters if family.type == "counter" else gauges).update(found)
    return Scrape(endpoint, at_s, counters, gauges, histograms)


def _histograms(name: str, samples: Iterable[Any]) -> dict[Series, Histogram]:
    buckets: dict[Series, dict[float, float]] = defaultdict(dict)
    totals: dict[Series, float] = {}
    for sample in samples:
        labels = {label: value for label, value in sample.labels.items() if label != "le"}
        series = Series.of(name, labels)
        if sample.name.endswith("_bucket"):
            buckets[series][float(sample.labels["le"])] = sample.value
        elif sample.name.endswith("_sum"):
            totals[series] = sample.value
    return {series: Histogram(found, totals.get(series, 0.0)) for series, found in buckets.items()}

"""Growth of counters and histograms between answers of endpoints.

A counter that decreased was restarted, so its value is its growth, as in Prometheus' ``rate``. A series that an answer
lacks is zero. The counts of an endpoint that does not answer are known when it answers again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gress.metrics.histogram import Histogram
from gress.metrics.scrape import Scrape, Series


@dataclass(frozen=True)
class Step:
    """The counts of one endpoint between two answers.

    Attributes:
        endpoint: HOST:PORT.
        tick_s: time of the later request, the same for all endpoints asked together.
        seconds: time between the answers.
        counters: growth of the counters, without those that did not grow.
        histograms: new observations of the histograms, without those that have none.
    """

    endpoint: str
    tick_s: float
    seconds: float
    counters: Mapping[Series, float]
    histograms: Mapping[Series, Histogram]


@dataclass(frozen=True)
class Window:
    """The counts of all endpoints over a span of time.

    Attributes:
        is_known: some endpoint answered twice.
        rates: rates per second, summed over the endpoints, without those of zero.
        histograms: observations of all endpoints together.
    """

    is_known: bool = False
    rates: Mapping[Series, float] = field(default_factory=dict)
    histograms: Mapping[Series, Histogram] = field(default_factory=dict)

    def rate(self, name: str, labels: Mapping[str, str] | None = None) -> float | None:
        """Return the rate per second of all series of a counter with these labels; None: not known yet."""
        if not self.is_known:
            return None
        return sum(rate for each, rate in self.rates.items() if each.name == name and each.has(labels or {}))

    def histogram(self, name: str, labels: Mapping[str, str] | None = None) -> Histogram:
        """Return the observations of all series of a histogram with these labels."""
        found = Histogram()
        for each, histogram in self.histograms.items():
            if each.name == name and each.has(labels or {}):
                found = found.plus(histogram)
        return found


def step(before: Scrape, after: Scrape, tick_s: float) -> Step:
    """Return the counts of an endpoint between two answers."""
    counters = {
        series: grown
        for series, value in after.counters.items()
        if (grown := _grown(before.counters.get(series, 0.0), value))
    }
    none = Histogram()
    observed = {
        series: found.since(before.histograms[series]) if series in before.histograms else found
        for series, found in after.histograms.items()
        if found != before.histograms.get(series, none)
    }
    seen = {series: histogram for series, histogram in observed.items() if histogram.count}
    return Step(after.endpoint, tick_s, after.at_s - before.at_s, counters, seen)


def _grown(before: float, after: float) -> float:
    return after if after < before else after - before


class History:
    """The recent counts of endpoints, answer by answer.

    Args:
        span_s: length of the history in seconds; longer than the interval between two requests.
    """

    def __init__(self, span_s: float = 60.0) -> None:
        self._span_s = span_s
        self._last: dict[str, Scrape] = {}
        self._steps: list[Step] = []
        self._tick_s = 0.0

    def add(self, tick_s: float, scrapes: Sequence[Scrape]) -> None:
        """Add the answers of endpoints that were asked together at time ``tick_s``."""
        self._tick_s = tick_s
        # Forget an endpoint that was silent for longer than the history.
        self._last = {name: last for name, last in self._last.items() if last.at_s > tick_s - self._span_s}
        for found in scrapes:
            if found.problem:
                continue
            before = self._last.get(found.endpoint)
            if before is not None and found.at_s > before.at_s:
                self._steps.append(step(before, found, tick_s))
            self._last[found.endpoint] = found
        self._steps = self._recent(self._span_s)

    def window(self, span_s: float) -> Window:
        """Return the counts of the last ``span_s`` seconds, or since the previous answers if that is longer."""
        steps = self._recent(span_s)
        seconds: dict[str, float] = defaultdict(float)
        for each in steps:
            seconds[each.endpoint] += each.seconds
        rates: dict[Series, float] = defaultdict(float)
        histograms: dict[Series, Histogram] = {}
        for each in steps:
            for series, grown in each.counters.items():
                rates[series] += grown / seconds[each.endpoint]
            for series, seen in each.histograms.items():
                histograms[series] = histograms[series].plus(seen) if series in histograms else seen
        return Window(bool(steps), dict(rates), histograms)

    def rates(self, name: str) -> list[tuple[float, float]]:
        """Return (seconds ago, rate of a counter over all endpoints) for each request."""
        found: dict[float, float] = {}
        for each in self._steps:
            grown = sum(value for series, value in each.counters.items() if series.name == name)
            found[each.tick_s] = found.get(each.tick_s, 0.0) + grown / each.seconds
        return [(self._tick_s - tick_s, rate) for tick_s, rate in found.items()]

    def _recent(self, span_s: float) -> list[Step]:
        return [each for each in self._steps if each.tick_s == self._tick_s or each.tick_s > self._tick_s - span_s]

"""Figures of a running job, computed from its endpoints' answers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gress.health.examine import Health
from gress.metrics.histogram import Histogram
from gress.metrics.scrape import Scrape, Series
from gress.top.learning import LearningFigures, learning_figures
from gress.top.rates import History, Window
from udfs.metrics.catalogue import METRICS
from udfs.scoring.breaker import BreakerState

NOW_S = 5.0
"""Time span of rows/s; workers write their counts about once a second, so a shorter span would jump."""

RECENT_S = 10.0
"""Time span of latencies and of the figures of versions and variants, or one interval if that is longer."""

MINUTE_S = 60.0

_BREAKERS = {float(state): state.word for state in BreakerState}


@dataclass(frozen=True)
class EndpointStatus:
    """The state of an endpoint; ``problem`` says why it did not answer, and is "" if it did."""

    endpoint: str
    problem: str
    has_metrics: bool


@dataclass(frozen=True)
class Spread:
    """Observations of a histogram; all None without any.

    Attributes:
        limit: the histogram's largest finite bound; the true value of a quantile that equals it may be larger.
    """

    count: float
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    limit: float | None


@dataclass(frozen=True)
class VersionFigures:
    """A version of a model.

    Attributes:
        job: name of the job that it scores for.
        share: share of the predictions of all versions of its model in the job; None: there were none.
        rows_per_s: predictions of this version a second; None: not known yet.
        rows_total: predictions of this version since the workers began to count.
        errors_per_s: rows a second that it failed on, with or without another answer.
        breaker: state of the circuit breaker, the worst of all workers; None: not known.
        loaded: number of workers that have loaded it.
    """

    job: str
    model: str
    version: str
    share: float | None
    rows_per_s: float | None
    rows_total: float
    errors_per_s: float | None
    latency_p99_s: float | None
    breaker: str | None
    loaded: float


@dataclass(frozen=True)
class VariantFigures:
    """A variant of an experiment; the other fields are those of a version.

    Attributes:
        verdict: action of the last look at it; empty: there was no look.
    """

    job: str
    experiment: str
    variant: str
    share: float | None
    rows_per_s: float | None
    errors_per_s: float | None
    latency_p99_s: float | None
    verdict: str = ""


@dataclass(frozen=True)
class Count:
    """The value of a counter with these labels.

    Attributes:
        labels: label values by name.
        per_minute: rate over the last minute, or since the first answer; None: not known yet.
        total: sum over the endpoints that answer.
    """

    labels: Mapping[str, str]
    per_minute: float | None
    total: float


@dataclass(frozen=True)
class Drift:
    """A drift score, the largest of all endpoints: 0 none to 1; None: not computable."""

    job: str
    model: str
    version: str
    metric: str
    score: float | None


@dataclass(frozen=True)
class Figures:
    """A job at one moment; seconds and rows as the names say.

    Attributes:
        job: health of the job; None: the cluster was not asked.
        rows_per_s: rows with a prediction or an error in the last seconds; None: not known yet.
        rows_per_s_minute: the same rate over the last minute.
        rows_total: the same rows since the workers began to count, of the endpoints that answer.
        history: (seconds ago, rows/s) of the last minute.
        queue_rows: rows that workers have and have not scored yet; None: the workers do not say.
    """

    endpoints: tuple[EndpointStatus, ...]
    job: Health | None
    rows_per_s: float | None
    rows_per_s_minute: float | None
    rows_total: float
    history: tuple[tuple[float, float], ...]
    latency_s: Spread
    end_to_end_s: Spread
    batch_rows: Spread
    queue_rows: float | None
    versions: tuple[VersionFigures, ...]
    variants: tuple[VariantFigures, ...]
    shadows: tuple[Count, ...]
    fallbacks: tuple[Count, ...]
    dead_letters: tuple[Count, ...]
    drift: tuple[Drift, ...]
    swaps: tuple[Count, ...]
    load_errors: tuple[Count, ...]
    registry_errors: tuple[Count, ...]
    learning: tuple[LearningFigures, ...]

    @property
    def has_several_jobs(self) -> bool:
        """Whether the endpoints show more than one job."""
        counts = (*self.fallbacks, *self.dead_letters, *self.swaps, *self.load_errors, *self.registry_errors)
        named = {each.labels.get("job", "") for each in counts}
        named |= {each.job for each in self.versions} | {each.job for each in self.drift}
        named |= {each.job for each in self.learning}
        return len(named | {each.job for each in self.variants}) > 1


def figures(history: History, scrapes: Sequence[Scrape], job: Health | None = None) -> Figures:
    """Return the figures at the time of the latest answers in the history.

    Args:
        history: history of all endpoints.
        scrapes: latest answers of the endpoints.
        job: health of the job.
    """
    recent, minute = history.window(RECENT_S), history.window(MINUTE_S)
    return Figures(
        endpoints=tuple(EndpointStatus(each.endpoint, each.problem, _has_metrics(each)) for each in scrapes),
        job=job,
        rows_per_s=history.window(NOW_S).rate("predictions_total"),
        rows_per_s_minute=minute.rate("predictions_total"),
        rows_total=_total(scrapes, "predictions_total"),
        history=tuple(history.rates("predictions_total")),
        latency_s=spread(recent.histogram("inference_latency_seconds")),
        end_to_end_s=spread(recent.histogram("end_to_end_latency_seconds")),
        batch_rows=spread(recent.histogram("batch_size")),
        queue_rows=_gauge(scrapes, "queue_depth"),
        versions=_versions(recent, scrapes),
        variants=_variants(recent, scrapes),
        shadows=_counts("abtest_shadow_comparisons_total", minute, scrapes),
        fallbacks=_counts("fallback_predictions_total", minute, scrapes),
        dead_letters=_counts("dead_letters_total", minute, scrapes),
        drift=_drift(scrapes),
        swaps=_counts("model_swaps_total", minute, scrapes),
        load_errors=_counts("model_load_errors_total", minute, scrapes),
        registry_errors=_counts("model_registry_errors_total", minute, scrapes),
        learning=learning_figures(recent, scrapes),
    )


def spread(histogram: Histogram) -> Spread:
    """Return a histogram's mean and quantiles."""
    p50, p95, p99 = map(histogram.quantile, (0.5, 0.95, 0.99))
    return Spread(histogram.count, histogram.mean, p50, p95, p99, histogram.limit)


def _has_metrics(found: Scrape) -> bool:
    return bool(found.counters or found.gauges or found.histograms)


def _versions(recent: Window, scrapes: Sequence[Scrape]) -> tuple[VersionFigures, ...]:
    names = ("predictions_total", "inference_errors_total", "models_loaded", "circuit_breaker_state")
    rows = {
        labels: recent.rate("predictions_total", {**dict(labels), "status": "success"})
        for labels in _labels(scrapes, names, ("job", "model", "version"))
    }
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for labels, rate in rows.items():
        totals[_owner(labels, "model")] += rate or 0.0
    found = []
    for labels, rate in rows.items():
        keys = dict(labels)
        state = _gauge(scrapes, "circuit_breaker_state", keys, worst=True)
        found.append(
            VersionFigures(
                **keys,
                share=_share(rate, totals[_owner(labels, "model")]),
                rows_per_s=rate,
                rows_total=_total(scrapes, "predictions_total", {**keys, "status": "success"}),
                errors_per_s=recent.rate("inference_errors_total", keys),
                latency_p99_s=recent.histogram("inference_latency_seconds", keys).quantile(0.99),
                breaker=None if state is None else _BREAKERS.get(state, f"state {state:g}"),
                loaded=_gauge(scrapes, "models_loaded", keys) or 0.0,
            )
        )
    return tuple(sorted(found, key=_busiest_first))


def _busiest_first(each: VersionFigures) -> tuple[float, float, str, str, str]:
    return -(each.rows_per_s or 0.0), -each.loaded, each.job, each.model, each.version


def _variants(recent: Window, scrapes: Sequence[Scrape]) -> tuple[VariantFigures, ...]:
    names = ("abtest_variant_selections_total", "abtest_variant_errors_total")
    rows = {
        labels: recent.rate("abtest_variant_selections_total", dict(labels))
        for labels in _labels(scrapes, names, ("job", "experiment", "variant"))
    }
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for labels, rate in rows.items():
        totals[_owner(labels, "experiment")] += rate or 0.0
    found = [
        VariantFigures(
            **dict(labels),
            share=_share(rate, totals[_owner(labels, "experiment")]),
            rows_per_s=rate,
            errors_per_s=recent.rate("abtest_variant_errors_total", dict(labels)),
            latency_p99_s=recent.histogram("abtest_variant_latency_seconds", dict(labels)).quantile(0.99),
            verdict=_verdict(scrapes, dict(labels)),
        )
        for labels, rate in rows.items()
    ]
    return tuple(sorted(found, key=lambda each: (each.job, each.experiment, each.variant)))


def _verdict(scrapes: Sequence[Scrape], labels: Mapping[str, str]) -> str:
    """Return the action of the last look at a variant."""
    shown = {
        dict(series.labels)["action"]
        for each in scrapes
        for series, value in each.gauges.items()
        if series.name == "abtest_verdict_info" and series.has(labels) and value
    }
    return ", ".join(sorted(shown))


def _total(scrapes: Sequence[Scrape], name: str, labels: Mapping[str, str] | None = None) -> float:
    """Return the sum of all series of a counter with these labels."""
    return sum(
        value
        for each in scrapes
        for series, value in each.counters.items()
        if series.name == name and series.has(labels or {})
    )


def _counts(name: str, minute: Window, scrapes: Sequence[Scrape]) -> tuple[Count, ...]:
    totals: dict[Series, float] = defaultdict(float)
    for each in scrapes:
        for series, value in each.counters.items():
            if series.name == name:
                totals[series] += value
    found = []
    for series, total in totals.items():
        rate = minute.rate(name, dict(series.labels))
        found.append(Count(dict(series.labels), None if rate is None else 60 * rate, total))
    return tuple(sorted(found, key=lambda each: (-(each.per_minute or 0.0), -each.total, *each.labels.values())))


def _drift(scrapes: Sequence[Scrape]) -> tuple[Drift, ...]:
    """Return the drift scores: the overall ones first, then the worst."""
    scores: dict[Series, float] = {}
    for each in scrapes:
        for series, value in each.gauges.items():
            if series.name == "model_drift_score":
                known = scores.get(series, math.nan)
                scores[series] = value if math.isnan(known) or value > known else known
    found = []
    for series, score in scores.items():
        job, model, version, metric = (dict(series.labels).get(name, "") for name in METRICS[series.name].labels)
        found.append(Drift(job, model, version, metric, score if math.isfinite(score) else None))
    return tuple(sorted(found, key=_worst_first))


def _worst_first(drift: Drift) -> tuple[bool, float, str, str, str, str]:
    score = -1.0 if drift.score is None else drift.score
    return drift.metric != "overall", -score, drift.job, drift.model, drift.version, drift.metric


def _labels(
    scrapes: Sequence[Scrape], names: Sequence[str], wanted: tuple[str, ...]
) -> list[tuple[tuple[str, str], ...]]:
    """Return the values of these labels in any series of these metrics, in order."""
    found = set()
    for each in scrapes:
        for series in (*each.counters, *each.gauges):
            if series.name in names:
                labels = dict(series.labels)
                found.add(tuple((name, labels.get(name, "")) for name in wanted))
    return sorted(found)


def _gauge(
    scrapes: Sequence[Scrape], name: str, labels: Mapping[str, str] | None = None, *, worst: bool = False
) -> float | None:
    values = [
        value
        for each in scrapes
        for series, value in each.gauges.items()
        if series.name == name and series.has(labels or {})
    ]
    if not values:
        return None
    return max(values) if worst else sum(values)


def _owner(labels: Iterable[tuple[str, str]], name: str) -> tuple[str, str]:
    """Return the job, and the model or experiment whose parts share its rows."""
    values = dict(labels)
    return values["job"], values[name]


def _share(rate: float | None, total: float) -> float | None:
    return rate / total if rate is not None and total else None

"""Figures of models that learn, computed from the endpoints' answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gress.metrics.scrape import Scrape, Series
from gress.top.rates import Window
from jobs.run_folder.learning import MEASURES
from udfs.metrics.learning import ONLINE, SERVED


@dataclass(frozen=True)
class LearningFigures:
    """A model that learns.

    Attributes:
        job: name of the job that it learns in.
        rows_per_s: labelled rows that it learns from a second; None: not known yet.
        rows_total: such rows since the workers began to count.
        errors_per_s: updates and attempts to publish that failed, a second.
        measure: name of its main score; empty: none is known yet.
        score: value of this score before each update; None: not known.
        served_score: the same of the predictions that were served for the same rows.
        last_version: version that it published last, with commas where workers differ; empty: none.
        publish_failures: attempts in a row to publish that failed.
    """

    job: str
    model: str
    rows_per_s: float | None
    rows_total: float
    errors_per_s: float | None
    measure: str
    score: float | None
    served_score: float | None
    last_version: str
    publish_failures: float


def learning_figures(recent: Window, scrapes: Sequence[Scrape]) -> tuple[LearningFigures, ...]:
    """Return the figures of each model that learns, in the order of names.

    Args:
        recent: counts of the last seconds.
        scrapes: latest answers of the endpoints.
    """
    counters = [(series, value) for each in scrapes for series, value in each.counters.items()]
    gauges = [(series, value) for each in scrapes for series, value in each.gauges.items()]
    learnt = [series for series, _ in counters if series.name == "online_updates_processed_total"]
    names = sorted({tuple(dict(series.labels).get(name, "") for name in ("job", "model")) for series in learnt})
    return tuple(_figures(job, model, recent, counters, gauges) for job, model in names)


def _figures(
    job: str,
    model: str,
    recent: Window,
    counters: Iterable[tuple[Series, float]],
    gauges: Iterable[tuple[Series, float]],
) -> LearningFigures:
    labels = {"job": job, "model": model}
    own = [(series, value) for series, value in gauges if series.has(labels)]
    scores = {
        (said["version"], said["metric"]): value
        for series, value in own
        if series.name == "model_score" and math.isfinite(value) and (said := dict(series.labels))
    }
    measure = next((name for name in MEASURES if (ONLINE, name) in scores), "")
    shown = [dict(series.labels)["version"] for series, value in own if series.name == "online_version_info" and value]
    failures = (value for series, value in own if series.name == "online_publish_failures")
    learnt = "online_updates_processed_total"
    return LearningFigures(
        job,
        model,
        rows_per_s=recent.rate(learnt, labels),
        rows_total=sum(value for series, value in counters if series.name == learnt and series.has(labels)),
        errors_per_s=recent.rate("training_errors_total", labels),
        measure=measure,
        score=scores.get((ONLINE, measure)),
        served_score=scores.get((SERVED, measure)),
        last_version=", ".join(sorted(set(shown))),
        publish_failures=max(failures, default=0.0),
    )

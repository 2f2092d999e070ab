"""The head figures of a run, as texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from conf.experiments.evaluation import MODEL
from gress.report.figures.style import duration_text
from gress.report.reading.predictions import Predictions
from jobs.evaluation.evaluate import baselines_text
from jobs.evaluation.measures import MEASURES
from jobs.run_folder.summary import Summary


@dataclass(frozen=True)
class Figure:
    """A number with its name; ``more`` explains it in small print."""

    name: str
    value: str
    more: str = ""


@dataclass(frozen=True)
class Verdict:
    """A sentence on the whole run, good or bad."""

    is_good: bool
    text: str


def head_figures(summary: Summary) -> Iterator[Figure]:
    """Yield the figures at the top of the page."""
    yield Figure("events", f"{summary.events:,}")
    yield Figure("predictions", f"{summary.predictions:,}", _share(summary.predictions, summary.events, "events"))
    yield Figure("alerts", f"{summary.alerts:,}", _share(summary.alerts, summary.predictions, "predictions"))
    yield Figure("dead letters", f"{summary.dead_letters:,}", _share(summary.dead_letters, summary.events, "events"))
    yield Figure("rows/s", f"{summary.rows_per_s:,.0f}", _rate_text(summary))
    if "p99" in summary.latency_us:
        others = ", ".join(f"{name} {duration_text(us)}" for name, us in summary.latency_us.items() if name != "p99")
        yield Figure("batch scored in, p99", duration_text(summary.latency_us["p99"]), others)
    yield from _quality(summary)


def facts(summary: Summary, predictions: Predictions | None) -> Iterator[tuple[str, str]]:
    """Yield the other facts that identify a run, as names and texts."""
    yield "job", summary.job
    if summary.model is not None:
        yield "model", summary.model
    if summary.versions:
        yield "versions", ", ".join(f"{version} ({rows:,})" for version, rows in summary.versions.items())
    for version, text in summary.about.items():
        yield f"about {version}", text
    if summary.feature_set is not None:
        yield "feature set", summary.feature_set
    if predictions is not None and not np.isnat(predictions.event_time).all():
        known = predictions.event_time[~np.isnat(predictions.event_time)]
        first, last = (str(time)[:19].replace("T", " ") for time in (known.min(), known.max()))
        yield "event time", f"{first} to {last} UTC"


def verdicts(summary: Summary, predictions: Predictions | None) -> Iterator[Verdict]:
    """Yield verdicts on whether every row is accounted for, and whether the folder still matches the summary."""
    parts = f"{summary.predictions:,} predictions + {summary.dead_letters:,} dead letters"
    if summary.adds_up:
        yield Verdict(is_good=True, text=f"Adds up: {summary.events:,} events = {parts}.")
    else:
        missing = summary.events - summary.predictions - summary.dead_letters
        text = f"Does not add up: {summary.events:,} events, but {parts}: {abs(missing):,} rows too "
        yield Verdict(is_good=False, text=f"{text}{'few' if missing > 0 else 'many'}. Do not use this run.")
    if predictions is not None and len(predictions) != summary.predictions:
        text = f"summary.json counts {summary.predictions:,} predictions, this folder holds {len(predictions):,}"
        yield Verdict(is_good=False, text=f"{text}: it was changed after the run.")


def _quality(summary: Summary) -> Iterator[Figure]:
    """Yield measures of the predictions, each with those of baselines where the job has some."""
    known = {"auc_roc": (summary.auc_roc, "0.5 = chance"), "average_precision": (summary.average_precision, "")}
    figures = {name: (value, more) for name, (value, more) in known.items() if value is not None}
    figures |= {name: (own[MODEL], baselines_text(own)) for name, own in summary.evaluation.items()}
    for name, (value, more) in figures.items():
        yield Figure(MEASURES[name].title, f"{value:.4f}", more)


def _rate_text(summary: Summary) -> str:
    with_start = f"in {_seconds_text(summary.seconds)}, start included"
    from_first = summary.rows_per_s_from_first
    return f"{with_start}; {from_first:,.0f} from the first row" if from_first else with_start


def _share(part: int, whole: int, name: str) -> str:
    return f"{part / whole:.2%} of {name}" if whole else ""


def _seconds_text(seconds: float) -> str:
    """Return a duration as people say it.

    >>> _seconds_text(25.39), _seconds_text(3_725)
    ('25.4 s', '1 h 2 min 5 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min {rest} s" if hours else f"{minutes} min {rest} s"

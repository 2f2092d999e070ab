"""One HTML page of a finished run, which needs no network and no other file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gress.report.document import render_page, require_libraries, write_page
from gress.report.figures.dead_letters import dead_letter_panel
from gress.report.figures.drift import drift_panels
from gress.report.figures.latency import latency_panel
from gress.report.figures.learning import learning_panels
from gress.report.figures.quality import quality_panels
from gress.report.figures.scores import score_panels
from gress.report.figures.throughput import throughput_panel
from gress.report.figures.versions import version_panel
from gress.report.head import facts, head_figures, verdicts
from gress.report.panel import Panel
from gress.report.reading.alerts import read_top_alerts
from gress.report.reading.dead_letters import ReasonCount, read_reasons
from gress.report.reading.drift import read_drift
from gress.report.reading.finished_run import read_summary
from gress.report.reading.predictions import Predictions, read_predictions
from jobs.run_folder.learning import FOLDER, read_learning
from jobs.run_folder.summary import Summary
from jobs.run_folder.timeline import read_timeline

_TOP_ALERTS = 25


def write_report(run: Path, target: Path, title: str = "") -> None:
    """Write the page of a finished run.

    Args:
        run: folder of the run.
        target: file to write; an existing one is replaced.
        title: title of the page; default: the name of the job.

    Raises:
        JobError: the folder holds no finished run, a library is not installed, or the file cannot be written.
    """
    require_libraries("gress report")
    write_page(target, render(run, title))


def render(run: Path, title: str = "") -> str:
    """Return the page of a finished run."""
    summary, predictions = read_summary(run), read_predictions(run)
    reasons = read_reasons(run)
    panels = list(_panels(run, summary, predictions, reasons))
    return render_page(
        "page.html",
        panels,
        title=title or summary.job,
        figures=list(head_figures(summary)),
        facts=list(facts(summary, predictions)),
        verdicts=list(verdicts(summary, predictions)),
        alerts=read_top_alerts(run, _TOP_ALERTS),
        alert_count=summary.alerts,
        reasons=reasons or [],
    )


def _panels(
    run: Path, summary: Summary, predictions: Predictions | None, reasons: list[ReasonCount] | None
) -> Iterator[Panel]:
    yield throughput_panel(read_timeline(run), summary)
    if predictions is None or not len(predictions):
        where = " They went elsewhere, as to Kafka." if summary.predictions else ""
        yield Panel("predictions", "Predictions", f"This folder holds no predictions.{where}")
    else:
        yield version_panel(predictions)
        yield from score_panels(predictions)
        yield latency_panel(predictions.latency_us)
        yield from quality_panels(predictions)
    yield from drift_panels(read_drift(run))
    yield from learning_panels(read_learning(run), has_folder=(run / FOLDER).is_dir())
    yield dead_letter_panel(reasons, summary)

"""One HTML page of a finished run, which needs no network and no other file."""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gress.report.figures.dead_letters import dead_letter_panel
from gress.report.figures.drift import drift_panels
from gress.report.figures.latency import latency_panel
from gress.report.figures.quality import quality_panels
from gress.report.figures.scores import score_panels
from gress.report.figures.style import templates
from gress.report.figures.throughput import throughput_panel
from gress.report.figures.versions import version_panel
from gress.report.head import facts, head_figures, verdicts
from gress.report.panel import Panel
from gress.report.reading.alerts import read_top_alerts
from gress.report.reading.dead_letters import ReasonCount, read_reasons
from gress.report.reading.drift import read_drift
from gress.report.reading.finished_run import read_summary
from gress.report.reading.predictions import Predictions, read_predictions
from jobs.errors import fail
from jobs.run_folder.summary import Summary
from jobs.run_folder.timeline import read_timeline

_TOP_ALERTS = 25
_TEMPLATES = Path(__file__).parent / "templates"


def write_report(run: Path, target: Path, title: str = "") -> None:
    """Write the page of a finished run.

    Args:
        run: folder of the run.
        target: file to write; an existing one is replaced.
        title: title of the page; default: the name of the job.

    Raises:
        JobError: the folder holds no finished run, a library is not installed, or the file cannot be written.
    """
    _require_libraries()
    page = render(run, title)
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        fail(
            f"output {target}",
            f"expected a file that can be written, got: {error.strerror}",
            "name another with --output",
        )


def render(run: Path, title: str = "") -> str:
    """Return the page of a finished run."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from plotly.offline import get_plotlyjs

    summary, predictions = read_summary(run), read_predictions(run)
    reasons = read_reasons(run)
    panels = list(_panels(run, summary, predictions, reasons))
    plotly, script = get_plotlyjs(), _asset("page.js")
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html").render(
        title=title or summary.job,
        figures=list(head_figures(summary)),
        facts=list(facts(summary, predictions)),
        verdicts=list(verdicts(summary, predictions)),
        panels=panels,
        alerts=read_top_alerts(run, _TOP_ALERTS),
        alert_count=summary.alerts,
        reasons=reasons or [],
        data=_data(panels),
        style=_asset("style.css"),
        script=script,
        packed_plotly=_packed(plotly),
        hashes=[_hash(script), _hash(plotly)],
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
    yield dead_letter_panel(reasons, summary)


def _data(panels: list[Panel]) -> str:
    """Return the page's data as JSON, escaped so that no text in it can end the script element."""
    from jinja2.utils import htmlsafe_json_dumps

    figures: dict[str, Any] = {
        panel.name: json.loads(panel.figure.to_json()) for panel in panels if panel.figure is not None
    }
    return htmlsafe_json_dumps({"figures": figures, "templates": templates()}, separators=(",", ":"))


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _packed(script: str) -> str:
    """Return a script as base64 of gzip, which browsers since 2023 unpack; it shrinks the page from 5 to 2 MB."""
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def _hash(script: str) -> str:
    """Return a script's hash for the Content-Security-Policy, which allows no other script to run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _require_libraries() -> None:
    for name in ("jinja2", "plotly"):
        try:
            importlib.import_module(name)
        except ImportError:
            fail(
                "gress report", f"expected the library {name}, which is not installed", "pip install 'gress-ml[report]'"
            )

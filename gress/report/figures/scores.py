"""Plots of the distribution of scores by variant or version, and by label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gress.report.bins import Bins, score_bins
from gress.report.figures.style import COLOURS, DASHES, MOST_GROUPS, escape, plot, rounded
from gress.report.panel import Panel
from gress.report.reading.predictions import Predictions

_LOWEST_EXPONENT = -5


def score_panels(predictions: Predictions) -> Iterator[Panel]:
    """Plot scores by group and, if there are labels, by label."""
    kind, groups = predictions.groups
    has_score = np.isfinite(predictions.score)
    title = f"Scores by {kind}"
    if not has_score.any():
        yield Panel("scores", title, "No prediction of this run has a score.")
        return
    bins = score_bins(predictions.score[has_score])
    named = [(name, groups.rows_of(name) & has_score) for name in groups.names[:MOST_GROUPS]]
    hidden = len(groups.names) - len(named)
    more = f" The {len(named)} with most rows; {hidden:,} more are not drawn." if hidden else ""
    traces = _lines(predictions.score, bins, named or [("all", has_score)])
    yield Panel("scores", title, f"Share of each {kind}'s predictions in {len(bins.middles)} bins.{more}",
                _figure(traces))  # fmt: skip
    if predictions.has_labels:
        yield _by_label(predictions, bins, has_score)


def _by_label(predictions: Predictions, bins: Bins, has_score: NDArray[np.bool_]) -> Panel:
    title = "Scores by what came true"
    labels = _labels(predictions.truth)
    if labels is None:
        return Panel("scores_by_truth", title, "truth holds more than the labels 0 and 1.")
    named = [(f"truth {label:g}", (predictions.truth == label) & has_score) for label in labels]
    note = "The further apart the two lines, the better the scores tell the two kinds of events apart."
    return Panel("scores_by_truth", title, note, _figure(_lines(predictions.score, bins, named)))


def _labels(truth: NDArray[np.float64]) -> list[float] | None:
    labels = np.unique(truth[np.isfinite(truth)])
    return labels.tolist() if np.isin(labels, (0, 1)).all() else None


def _lines(scores: NDArray[np.float64], bins: Bins, named: list[tuple[str, NDArray[np.bool_]]]) -> Iterator[Any]:
    import plotly.graph_objects as go

    for index, (name, rows) in enumerate(named):
        counts = bins.count(scores[rows])
        total = int(counts.sum())
        share = np.where(counts > 0, counts / max(total, 1), np.nan)
        yield go.Scatter(
            x=rounded(bins.middles),
            y=rounded(share),
            customdata=counts.tolist(),
            name=f"{escape(name)} ({total:,})",
            mode="lines+markers",
            line={"shape": "hvh", "color": COLOURS[index], "dash": DASHES[index], "width": 2},
            marker={"size": 4},
            hovertemplate="score about %{x:.3g}: %{y:.3%}, %{customdata:,} predictions<extra>%{fullData.name}</extra>",
        )


def _figure(traces: Iterator[Any]) -> Any:
    exponents = range(_LOWEST_EXPONENT, 1)
    axis = {
        "title": {"text": "share of predictions (log axis)"},
        "type": "log",
        "tickvals": [10.0**exponent for exponent in exponents],
        "ticktext": [f"{10.0 ** (exponent + 2):g}%" for exponent in exponents],
    }
    return plot(list(traces), x={"title": {"text": "score"}, "zeroline": False}, y=axis, showlegend=True)

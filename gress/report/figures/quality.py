"""Plots of the quality of scores with labels: ROC, precision and recall, calibration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gress.report.curves import CalibrationCurve, Curve, calibrate, precision_recall_curve, roc_curve
from gress.report.figures.style import COLOURS, DASHES, escape, plot, rounded, share_axis
from gress.report.panel import Panel
from gress.report.reading.predictions import Predictions
from models.metrics import auc_roc, average_precision

_MOST_CURVES = 4


@dataclass(frozen=True)
class _LabelledRows:
    """Rows of one name that have a score and a label."""

    name: str
    labels: NDArray[np.bool_]
    scores: NDArray[np.float64]

    @property
    def has_both(self) -> bool:
        return bool(self.labels.any() and not self.labels.all())


def quality_panels(predictions: Predictions) -> list[Panel]:
    """Plot the quality of all scores, and of each variant or version if there are several."""
    reason = _why_not(predictions)
    if reason:
        return [Panel("quality", "ROC, precision and recall, calibration", reason)]
    known = np.isfinite(predictions.truth) & np.isfinite(predictions.score)
    sets = list(_sets(predictions, known))
    return [
        _roc_panel(sets),
        _precision_recall_panel(sets),
        _calibration_panel(sets[0]),
    ]


def _why_not(predictions: Predictions) -> str:
    known = np.isfinite(predictions.truth) & np.isfinite(predictions.score)
    if not known.any():
        return "No prediction of this run has a label (truth)."
    labels = np.unique(predictions.truth[known])
    if not np.isin(labels, (0, 1)).all():
        return "truth holds more than the labels 0 and 1."
    return f"All labels of this run are {labels[0]:g}: both 0 and 1 are needed." if len(labels) == 1 else ""


def _sets(predictions: Predictions, known: NDArray[np.bool_]) -> Iterator[_LabelledRows]:
    def chosen(name: str, rows: NDArray[np.bool_]) -> _LabelledRows:
        return _LabelledRows(name, predictions.truth[rows] == 1, predictions.score[rows])

    yield chosen("all", known)
    _, groups = predictions.groups
    if len(groups.names) > 1:
        for name in groups.names[:_MOST_CURVES]:
            one = chosen(name, known & groups.rows_of(name))
            if one.has_both:
                yield one


def _roc_panel(sets: list[_LabelledRows]) -> Panel:
    traces = [
        _line(
            index,
            roc_curve(one.labels, one.scores),
            f"{escape(one.name)}: AUC {auc_roc(one.labels, one.scores):.4f}",
        )
        for index, one in enumerate(sets)
    ]
    figure = plot(
        [_guide([0, 1], [0, 1], "chance"), *traces],
        x=share_axis("negatives taken for positive (false positive rate)"),
        y=share_axis("positives found (recall)"),
    )
    note = "Each point is a threshold. The nearer to the upper left, the better; on the diagonal scores say nothing."
    return Panel("roc", "ROC curve: positives found, and the false alarms they cost", note, figure)


def _precision_recall_panel(sets: list[_LabelledRows]) -> Panel:
    traces = [
        _line(
            index,
            precision_recall_curve(one.labels, one.scores),
            f"{escape(one.name)}: AP {average_precision(one.labels, one.scores):.4f}",
            shape="vh",
        )
        for index, one in enumerate(sets)
    ]
    base = float(sets[0].labels.mean())
    figure = plot(
        [_guide([0, 1], [base, base], f"chance: {base:.2%}"), *traces],
        x=share_axis("positives found (recall)"),
        y=share_axis("of those flagged, truly positive (precision)"),
    )
    note = "Each point is a threshold. The nearer to the upper right, the better."
    return Panel("precision_recall", "Precision and recall", note, figure)


def _calibration_panel(one: _LabelledRows) -> Panel:
    title = "Calibration: how often a score comes true"
    if one.scores.min() < 0 or one.scores.max() > 1:
        return Panel("calibration", title, "Scores of this run go beyond 0 to 1: they are no probabilities.")
    found = calibrate(one.labels, one.scores)
    figure = plot(
        [_guide([0, 1], [0, 1], "as often as scored"), _calibration_points(found)],
        x=share_axis("mean score of the bin"),
        y=share_axis("share of its predictions that came true"),
    )
    note = "Ten bins of scores, with 95% intervals. Below the diagonal scores promise too much, above it too little."
    return Panel("calibration", title, note, figure)


def _calibration_points(found: CalibrationCurve) -> Any:
    import plotly.graph_objects as go

    return go.Scatter(
        x=rounded(found.score),
        y=rounded(found.share),
        error_y={
            "type": "data",
            "symmetric": False,
            "array": rounded(np.maximum(found.high - found.share, 0)),
            "arrayminus": rounded(np.maximum(found.share - found.low, 0)),
            "thickness": 1.5,
            "width": 5,
        },
        customdata=found.rows.tolist(),
        mode="lines+markers",
        name="all",
        line={"color": COLOURS[0]},
        marker={"size": 8},
        hovertemplate="scored %{x:.1%}, came true %{y:.1%}<br>%{customdata:,} predictions<extra></extra>",
    )


def _line(index: int, curve: Curve, name: str, shape: str = "linear") -> Any:
    import plotly.graph_objects as go

    return go.Scatter(
        x=rounded(curve.x),
        y=rounded(curve.y),
        mode="lines",
        name=name,
        line={"color": COLOURS[index], "dash": DASHES[index], "width": 2.5, "shape": shape},
        hovertemplate="%{x:.1%}, %{y:.1%}<extra>%{fullData.name}</extra>",
    )


def _guide(x: list[float], y: list[float], name: str) -> Any:
    import plotly.graph_objects as go

    line = {"color": "#8a92a0", "dash": "dot", "width": 1.5}
    return go.Scatter(x=x, y=y, mode="lines", name=name, line=line, hoverinfo="skip")

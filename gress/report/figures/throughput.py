"""Plot of rows a second over the time of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gress.report.figures.style import COLOURS, count_axis, plot, rounded
from gress.report.panel import Panel
from jobs.run_folder.summary import Summary
from jobs.run_folder.timeline import Point

_TITLE = "Throughput over the run"


def throughput_panel(points: Sequence[Point], summary: Summary) -> Panel:
    """Plot rows a second between each two points of the run's timeline."""
    if not points:
        return Panel("throughput", _TITLE, "This run kept no timeline.jsonl.")
    if points[-1].rows == 0:
        return Panel("throughput", _TITLE, "This run wrote no row, or not into this folder.")
    import plotly.graph_objects as go

    seconds, rows = _intervals(points)
    rate = np.diff(rows) / np.diff(seconds)
    traces = [
        go.Scatter(
            x=rounded(seconds[1:]),
            y=rounded(rate),
            customdata=rows[1:].tolist(),
            name="rows/s",
            mode="lines+markers" if len(rate) < 60 else "lines",
            fill="tozeroy",
            line={"color": COLOURS[0], "shape": "linear"},
            hovertemplate="%{x:,.0f} s: %{y:,.0f} rows/s<br>%{customdata:,} rows so far<extra></extra>",
        )
    ]
    if summary.rows_per_s:
        mean = summary.rows_per_s
        traces.append(
            go.Scatter(
                x=[0, float(seconds[-1])],
                y=[mean, mean],
                name=f"mean of the run: {mean:,.0f} rows/s",
                mode="lines",
                line={"color": COLOURS[5], "dash": "dash"},
                hoverinfo="skip",
            )
        )
    figure = plot(
        traces,
        x={"title": {"text": "time since the job's start (s)"}, "tickformat": ",~r", "rangemode": "tozero"},
        y=count_axis("rows written per second"),
    )
    note = "Predictions and dead letters written, measured about once a second. The first seconds are Flink's start."
    return Panel("throughput", _TITLE, note, figure, is_wide=True, height_px=320)


def _intervals(points: Sequence[Point]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the ends of the intervals, from 0 on: seconds and rows so far, (k,)."""
    seconds = np.array([0.0, *(point.seconds for point in points)])
    rows = np.array([0, *(point.rows for point in points)])
    is_later = np.diff(seconds, prepend=-1.0) > 0
    seconds, rows = seconds[is_later], rows[is_later]
    gaps = np.diff(seconds)
    if len(gaps) > 1 and gaps[-1] < np.median(gaps) / 2:
        # The last point comes when the run ends. If it follows the one before at once, the interval has no useful rate.
        seconds, rows = np.delete(seconds, -2), np.delete(rows, -2)
    return seconds, rows

"""Plots of the confidence sequence of a metric: difference and interval at each look, and what all looks leave open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gress.experiments.page.lines import LOOKS, level_line
from gress.experiments.page.series import Floats, MetricSeries
from gress.report.figures.style import COLOURS, escape, plot, rounded, time_axis
from gress.report.panel import Panel

_BAND = "rgba(0,114,178,0.22)"
_SETTLED = 0.2
_ROLES = {
    "goal": "A goal is better, or worse, once the dashed lines leave 0 out.",
    "guardrail": "It is safe, or harmed, by one-sided tests, just before the dashed lines leave out its margin.",
    "signal": "A signal holds the experiment once it is worse by more than its margin.",
}


def sequence_panel(series: MetricSeries, name: str, compared: str) -> Panel:
    """Plot a metric of a treatment.

    Args:
        series: numbers of the metric.
        name: name of the panel, unique on the page.
        compared: both variants in words.
    """
    title = f"{series.role.capitalize()} {series.name}: {compared}"
    if not np.isfinite(series.lower).any():
        return Panel(name, title, "No look has an interval yet: that takes two units with a value in both variants.")
    sure = f"what all looks leave open together, with {1 - series.alpha:.4g} confidence"
    band = f"The band is the interval at each look; the dashed lines are {sure}."
    if series.ends_at is not None:
        band = f"The band is {sure}, at 20 looks on the way to {series.ends_at:,.0f}, where the test ends."
    note = f"{series.better.capitalize()} is better. {_ROLES[series.role]} {band}"
    figure = plot(
        list(_traces(series)),
        x=time_axis(LOOKS, series.times),
        y={"title": {"text": f"difference of {escape(series.name)}"}, "range": _range(series), "zeroline": False},
        showlegend=True,
    )
    return Panel(name, title, note, figure)


def _traces(series: MetricSeries) -> Iterator[Any]:
    import plotly.graph_objects as go

    yield level_line(series.times, 0.0, "no difference")
    if series.margin:
        yield level_line(series.times, series.margin_at, "margin", "dashdot")
    plain = {"x": series.times, "mode": "lines", "hoverinfo": "skip"}
    yield go.Scatter(y=rounded(series.lower), line={"width": 0}, showlegend=False, **plain)
    yield go.Scatter(
        y=rounded(series.upper), line={"width": 0}, fill="tonexty", fillcolor=_BAND, name="interval", **plain
    )
    dashed = {"color": COLOURS[5], "dash": "dash", "width": 1.5, "shape": "hv"}
    yield go.Scatter(y=rounded(series.least), line=dashed, name="all looks", legendgroup="all", **plain)
    yield go.Scatter(y=rounded(series.most), line=dashed, showlegend=False, legendgroup="all", **plain)
    yield go.Scatter(
        x=series.times,
        y=rounded(series.difference),
        customdata=list(zip(*map(rounded, (series.lower, series.upper, series.clock)), strict=True)),
        mode="lines+markers",
        name="difference",
        line={"color": COLOURS[0], "width": 2},
        marker={"size": 4},
        hovertemplate=(
            "%{x} UTC: %{y:.4g}<br>interval %{customdata[0]:.4g} to %{customdata[1]:.4g}<br>"
            "%{customdata[2]:,} events<extra></extra>"
        ),
    )


def _range(series: MetricSeries) -> list[float]:
    """Return the range of the axis: the first intervals are so wide that nothing else could be seen beside them."""
    known = np.flatnonzero(np.isfinite(series.lower) & np.isfinite(series.upper))
    later = known[int(len(known) * _SETTLED) :]
    shown = np.concatenate([series.lower[later], series.upper[later], [0.0, series.margin_at]])
    return _with_room(shown)


def _with_room(values: Floats) -> list[float]:
    low, high = float(values.min()), float(values.max())
    room = 0.05 * (high - low) or 1.0
    return [low - room, high + room]

"""Plot of the time that scoring took."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gress.report.bins import latency_bins
from gress.report.figures.style import COLOURS, DASHES, count_axis, duration_text, plot, rounded
from gress.report.panel import Panel

_TITLE = "Latency: time to score a batch"
_PERCENTILES = (50, 95, 99)


def latency_panel(latency_us: NDArray[np.float64]) -> Panel:
    """Plot a histogram of latencies on a logarithmic axis, with percentiles.

    Args:
        latency_us: latency of each row's batch, NaN = not measured, (n,).
    """
    known = latency_us[np.isfinite(latency_us)]
    if not len(known):
        return Panel("latency", _TITLE, "No prediction of this run has a latency.")
    import plotly.graph_objects as go

    known = np.maximum(known, 1.0)
    bins = latency_bins(known)
    counts = bins.count(known)
    spans = [
        f"{duration_text(low)} to {duration_text(high)}"
        for low, high in zip(bins.edges[:-1], bins.edges[1:], strict=True)
    ]
    bars = go.Bar(
        x=rounded(bins.middles),
        y=counts.tolist(),
        width=rounded(np.diff(bins.edges)),
        customdata=spans,
        marker={"color": COLOURS[4]},
        showlegend=False,
        hovertemplate="%{customdata}: %{y:,} predictions<extra></extra>",
    )
    lines = [
        go.Scatter(
            x=rounded([value, value]),
            y=[0, int(counts.max())],
            mode="lines",
            name=f"p{percentile} = {duration_text(value)}",
            line={"color": COLOURS[index], "dash": DASHES[index], "width": 2.5},
            hoverinfo="name",
        )
        for index, (percentile, value) in zip((0, 1, 5), _percentiles(known), strict=True)
    ]
    ticks = _ticks(float(bins.edges[0]), float(bins.edges[-1]))
    axis = {
        "title": {"text": "time to score the batch of a row (log axis)"},
        "type": "log",
        "tickvals": ticks,
        "ticktext": [duration_text(tick) for tick in ticks],
        "range": np.log10(bins.edges[[0, -1]]).tolist(),
    }
    note = "Time from columns to scores. Each prediction counts with the time of its batch."
    return Panel("latency", _TITLE, note, plot([bars, *lines], x=axis, y=count_axis("predictions"), bargap=0))


def _percentiles(latency_us: NDArray[np.float64]) -> list[tuple[int, float]]:
    return list(zip(_PERCENTILES, map(float, np.percentile(latency_us, _PERCENTILES)), strict=True))


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two bounds: powers of ten, or multiples of them too if those are few."""
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(ticks) >= 4:
            return ticks
    return [low, float(np.sqrt(low * high)), high]

"""Plot of predictions by model version over event time."""

from __future__ import annotations

import numpy as np

from gress.report.bins import time_bins
from gress.report.figures.style import COLOURS, MOST_GROUPS, count_axis, escape, plot
from gress.report.panel import Panel
from gress.report.reading.predictions import Predictions

_TITLE = "Predictions by model version over event time"
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def version_panel(predictions: Predictions) -> Panel:
    """Plot predictions by bins of event time, with a colour for each version."""
    bins = time_bins(predictions.event_time)
    if bins is None:
        return Panel("versions", _TITLE, "No prediction of this run has an event time.")
    import plotly.graph_objects as go

    names = predictions.version.names
    shown = names if len(names) <= MOST_GROUPS else names[: MOST_GROUPS - 1]
    named = [(escape(name), predictions.version.rows_of(name)) for name in shown]
    rest = (predictions.version.codes < 0) | (predictions.version.codes >= len(shown))
    if rest.any():
        named.append((f"{len(names) - len(shown):,} other versions" if names else "no version", rest))
    # Plotly centres a bar on its x, so place it half a bin later.
    half = np.array(bins.width_s * 500, dtype="timedelta64[ms]")
    middles = bins.starts.astype("datetime64[ms]") + half
    traces = [
        go.Bar(
            x=np.datetime_as_string(middles).tolist(),
            y=bins.count(rows).tolist(),
            width=bins.width_s * 1000,
            customdata=[text.replace("T", " ") for text in np.datetime_as_string(bins.starts)],
            name=f"{name} ({int(rows.sum()):,})",
            marker={"color": COLOURS[index], "line": {"width": 0}},
            hovertemplate="from %{customdata} UTC: %{y:,} predictions<extra>%{fullData.name}</extra>",
        )
        for index, (name, rows) in enumerate(named)
    ]
    unit = width_text(bins.width_s)
    figure = plot(
        traces,
        x={"title": {"text": "event time (UTC)"}, "type": "date"},
        y=count_axis(f"predictions per {unit}"),
        barmode="stack",
        bargap=0,
        showlegend=True,
    )
    without = int(np.isnat(predictions.event_time).sum())
    more = f" {without:,} without an event time are left out." if without else ""
    note = f"One bar = {unit if unit[0].isdigit() else 'one ' + unit}.{more}"
    return Panel("versions", _TITLE, note, figure, is_wide=True)


def width_text(seconds: int) -> str:
    """Return a length of time in the largest unit that divides it.

    >>> width_text(3600), width_text(900), width_text(86400 * 7)
    ('hour', '15 minutes', '7 days')
    """
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return unit if seconds == size else f"{seconds // size:,} {unit}s"

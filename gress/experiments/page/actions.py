"""Plot of the actions that looks asked for, over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gress.experiments.page.lines import LOOKS, QUIET
from gress.experiments.page.series import times_of
from gress.experiments.reading.records import Record
from gress.report.figures.style import COLOURS, escape, plot, time_axis, truncate
from gress.report.panel import Panel

_LOOKS = {
    "continue": (QUIET, "circle"),
    "reweigh": (COLOURS[3], "diamond"),
    "advance": (COLOURS[4], "triangle-up"),
    "promote": (COLOURS[2], "star"),
    "hold": (COLOURS[1], "square"),
    "rollback": (COLOURS[5], "x"),
}


def action_panel(treatments: Mapping[str, Sequence[Record]], name: str) -> Panel:
    """Plot the action of each look at each treatment.

    Args:
        treatments: records of each treatment.
        name: name of the panel, unique on the page.
    """
    import plotly.graph_objects as go

    traces = []
    for action, (colour, symbol) in _LOOKS.items():
        own = [
            (time, escape(truncate(variant, 40)), escape(truncate(record["reasons"][0], 90)))
            for variant, records in treatments.items()
            for time, record in zip(times_of(records), records, strict=True)
            if record["action"] == action
        ]
        if own:
            x, y, reasons = zip(*own, strict=True)
            traces.append(
                go.Scatter(
                    x=x,
                    y=y,
                    customdata=reasons,
                    mode="markers",
                    name=f"{action} ({len(own):,})",
                    marker={"color": colour, "symbol": symbol, "size": 10},
                    hovertemplate="%{x} UTC<br>%{customdata}<extra>%{fullData.name}</extra>",
                )
            )
    times = [time for records in treatments.values() for time in times_of(records)]
    figure = plot(
        traces,
        x=time_axis(LOOKS, times),
        y={"type": "category", "range": [-0.6, len(treatments) - 0.4]},
        showlegend=True,
    )
    height = 170 + 30 * len(treatments)
    return Panel(name, "Actions", "What each look said to do.", figure, is_wide=True, height_px=height)

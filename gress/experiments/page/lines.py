"""Parts that several plots of experiments have."""

from __future__ import annotations

from typing import Any

LOOKS = "time of the look (event time, UTC)"
EVENTS = "event time (UTC)"
QUIET = "#8a92a0"


def level_line(times: list[str], level: float, name: str, dash: str = "dot") -> Any:
    """Return a level over the whole time, as a trace of Plotly."""
    import plotly.graph_objects as go

    return go.Scatter(
        x=[times[0], times[-1]],
        y=[level, level],
        mode="lines",
        name=name,
        line={"color": QUIET, "dash": dash, "width": 1.5},
        hoverinfo="skip",
    )

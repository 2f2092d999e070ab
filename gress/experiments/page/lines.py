"""Parts that several plots of experiments have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

LOOKS = "time of the look (event time, UTC)"
EVENTS = "event time (UTC)"
QUIET = "#8a92a0"
_ROOM_H = 17


def time_axis(title: str, times: Sequence[str]) -> dict[str, Any]:
    """Return the properties of an axis of times; a single one has some hours on either side."""
    axis: dict[str, Any] = {"title": {"text": title}, "type": "date"}
    if len(set(times)) == 1:
        room, only = dt.timedelta(hours=_ROOM_H), dt.datetime.fromisoformat(times[0])
        axis["range"] = [str(only - room), str(only + room)]
    return axis


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

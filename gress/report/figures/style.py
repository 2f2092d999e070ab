"""Style of all plots: colours that colour-blind readers can tell apart, units and axes, in a light and a dark mode."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

# Source: Okabe and Ito, Color universal design, 2008, without black, which is invisible in the dark mode, and yellow,
# which is invisible in the light mode.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MOST_GROUPS = len(COLOURS)

_ROOM_H = 17

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_MODES = {
    "light": {"text": "#1f2430", "grid": "#e3e6eb", "line": "#8a92a0", "box": "#ffffff", "quiet": "#6b7280"},
    "dark": {"text": "#e6e8ec", "grid": "#343a46", "line": "#7b8494", "box": "#1b1f27", "quiet": "#9aa3b2"},
}
_SCALES = {
    "light": [[0, "#f4f6f9"], [0.5, "#7db3dc"], [0.8, "#1f6fb0"], [1, "#08305e"]],
    "dark": [[0, "#232833"], [0.5, "#2b6ca3"], [0.8, "#6cb4ee"], [1, "#e8f4ff"]],
}


def plot(traces: Sequence[Any], *, x: dict[str, Any], y: dict[str, Any], **layout: Any) -> Any:
    """Return a figure of traces; ``x`` and ``y`` are the properties of its axes, including titles and units."""
    import plotly.graph_objects as go

    base = {
        "margin": {"l": 70, "r": 20, "t": 40, "b": 50},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        "separators": ".,",
        "hovermode": "closest",
        "xaxis": {"automargin": True, **x},
        "yaxis": {"automargin": True, **y},
    }
    figure = go.Figure(data=list(traces), layout={**base, **layout})
    # The page has a light and a dark template of its own.
    figure.layout.template = None
    return figure


def templates() -> dict[str, Any]:
    """Return the templates that the page chooses from, by name of the mode."""
    return {name: _template(colours, _SCALES[name]) for name, colours in _MODES.items()}


def _template(colours: dict[str, str], scale: list[list[Any]]) -> dict[str, Any]:
    axis = {
        "gridcolor": colours["grid"],
        "linecolor": colours["line"],
        "tickcolor": colours["line"],
        "zerolinecolor": colours["line"],
        "showline": True,
        "ticks": "outside",
        "title": {"standoff": 10, "font": {"size": 13}},
    }
    return {
        "layout": {
            "font": {"family": _FONT, "size": 13, "color": colours["text"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(COLOURS),
            "xaxis": axis,
            "yaxis": axis,
            "coloraxis": {"colorscale": scale, "colorbar": {"title": {"font": {"size": 13}}}},
            "hoverlabel": {"bgcolor": colours["box"], "bordercolor": colours["line"], "align": "left"},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colours["line"], "activecolor": colours["text"]},
        },
        "data": {"scatter": [{"error_y": {"color": colours["quiet"]}, "marker": {"line": {"width": 0}}}]},
    }


def escape(text: str) -> str:
    """Return a name with Plotly's markup escaped.

    >>> escape("<b>v2</b>")
    '&lt;b&gt;v2&lt;/b&gt;'
    """
    return html.escape(text, quote=False)


def truncate(text: str, length: int) -> str:
    """Cut a text to a length, with an ellipsis at the end.

    >>> truncate("TX_AMOUNT", 6), truncate("TX", 6)
    ('TX_AM…', 'TX')
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def rounded(values: ArrayLike) -> list[float | None]:
    """Return numbers with six significant digits, which keep the page small; NaN becomes None, a gap."""
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in np.asarray(values, np.float64)]


def duration_text(microseconds: float) -> str:
    """Return a short time with its unit.

    >>> duration_text(892), duration_text(40_135), duration_text(2_500_000), duration_text(999_999)
    ('892 µs', '40.1 ms', '2.5 s', '1 s')
    """
    for unit, size in (("µs", 1.0), ("ms", 1e3)):
        text = f"{microseconds / size:.3g}"
        if float(text) < 1_000:
            return f"{text} {unit}"
    return f"{microseconds / 1e6:,.3g} s" if microseconds < 1e9 else f"{microseconds / 1e6:,.0f} s"


def count_axis(title: str, **more: Any) -> dict[str, Any]:
    """Return the properties of an axis of whole numbers from 0, with separators."""
    return {"title": {"text": title}, "tickformat": ",~r", "rangemode": "tozero", **more}


def share_axis(title: str, **more: Any) -> dict[str, Any]:
    """Return the properties of an axis of shares, in per cent."""
    return {"title": {"text": title}, "tickformat": ".0%", "range": [-0.02, 1.02], "zeroline": False, **more}


def time_axis(title: str, times: Sequence[str]) -> dict[str, Any]:
    """Return the properties of an axis of times; a single one has some hours on either side."""
    axis: dict[str, Any] = {"title": {"text": title}, "type": "date"}
    if len(set(times)) == 1:
        room, only = dt.timedelta(hours=_ROOM_H), dt.datetime.fromisoformat(times[0])
        axis["range"] = [str(only - room), str(only + room)]
    return axis

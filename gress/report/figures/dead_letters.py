"""Plot of dead letters by reason."""

from __future__ import annotations

from collections.abc import Sequence

from gress.report.figures.style import COLOURS, count_axis, escape, plot, truncate
from gress.report.panel import Panel
from gress.report.reading.dead_letters import ReasonCount
from jobs.run_folder.summary import Summary

_TITLE = "Dead letters by reason"
_MOST = 20


def dead_letter_panel(reasons: Sequence[ReasonCount] | None, summary: Summary) -> Panel:
    """Plot a bar for each reason, the most frequent on top."""
    if not summary.dead_letters and not reasons:
        return Panel("dead_letters", _TITLE, "None: every event became a prediction.")
    if not reasons:
        return Panel("dead_letters", _TITLE, f"{summary.dead_letters:,} dead letters went elsewhere than this folder.")
    import plotly.graph_objects as go

    shown = reasons[:_MOST]
    rows = list(range(len(shown)))
    bars = go.Bar(
        x=[reason.rows for reason in shown],
        y=rows,
        orientation="h",
        text=[f"{reason.rows:,}" for reason in shown],
        textposition="outside",
        cliponaxis=False,
        marker={"color": COLOURS[5]},
        customdata=[escape(f"{reason.name} ({reason.category})") for reason in shown],
        hovertemplate="%{customdata}: %{x:,} rows<extra></extra>",
    )
    names = [escape(truncate(reason.name or "(none)", 40)) for reason in shown]
    figure = plot(
        [bars],
        x=count_axis("rows", range=[0, 1.12 * max(reason.rows for reason in shown)]),
        y={"tickvals": rows, "ticktext": names, "autorange": "reversed", "showgrid": False, "zeroline": False},
        margin={"l": 70, "r": 60, "t": 10, "b": 60},
    )
    hidden = len(reasons) - len(shown)
    more = f" {hidden:,} more reasons." if hidden else ""
    note = f"Reasons why rows were not scored; the table below has the first row of each.{more}"
    return Panel("dead_letters", _TITLE, note, figure, is_wide=True, height_px=120 + 40 * max(len(shown), 2))

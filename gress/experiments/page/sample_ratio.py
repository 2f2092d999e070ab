"""Plot of the test of the split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gress.experiments.page.lines import LOOKS, level_line
from gress.experiments.page.series import numbers_of, times_of
from gress.experiments.reading.records import Record
from gress.report.figures.style import COLOURS, plot, rounded, time_axis
from gress.report.panel import Panel

_LEAST = 1e-300


def sample_ratio_panel(records: Sequence[Record], name: str) -> Panel:
    """Plot p of the split at each look on a logarithmic axis, with the level of alarm.

    Args:
        records: of one treatment; the split of an experiment is the same for all of them.
        name: name of the panel, unique on the page.
    """
    import plotly.graph_objects as go

    p, times = np.maximum(numbers_of(records, "sample_ratio.p"), _LEAST), times_of(records)
    alarm = records[-1]["rules"]["sample_ratio_p"]
    line = go.Scatter(
        x=times,
        y=rounded(p),
        mode="lines+markers",
        name="p",
        line={"color": COLOURS[0], "width": 2},
        marker={"size": 4},
        hovertemplate="%{x} UTC: p %{y:.3g}<extra></extra>",
    )
    lowest = np.log10(min(float(np.nanmin(p)), alarm))
    axis = {
        "title": {"text": "p of the split (log axis)"},
        "type": "log",
        "range": [float(lowest) - 0.5, 0.2],
        "exponentformat": "power",
        "dtick": max(1, int(-lowest / 5)),
    }
    figure = plot([level_line(times, alarm, "alarm", "dash"), line], x=time_axis(LOOKS, times), y=axis, showlegend=True)
    note = f"At {alarm:g} or below, units are missing on one side, and nothing else on this page can be believed."
    return Panel(name, "Split of the units", note, figure)

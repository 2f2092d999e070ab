"""Plot of the predictions that each variant answered, for experiments without a verdict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gress.experiments.page.lines import EVENTS
from gress.report.bins import time_bins
from gress.report.figures.style import COLOURS, MOST_GROUPS, count_axis, escape, plot, time_axis
from gress.report.figures.versions import width_text
from gress.report.panel import Panel


def answer_panel(variants: Mapping[str, NDArray[np.datetime64]], name: str) -> Panel:
    """Plot predictions by bins of event time, with a line for each variant.

    Args:
        variants: event times of the predictions of each.
        name: name of the panel, unique on the page.
    """
    import plotly.graph_objects as go

    title = "Predictions by variant"
    bins = time_bins(np.concatenate(list(variants.values())))
    if bins is None:
        return Panel(name, title, "No prediction of this experiment has an event time.")
    owners = np.repeat(np.arange(len(variants)), [len(times) for times in variants.values()])
    starts = [text.replace("T", " ") for text in np.datetime_as_string(bins.starts).tolist()]
    traces = [
        go.Scatter(
            x=starts,
            y=bins.count(owners == index).tolist(),
            mode="lines+markers",
            name=f"{escape(variant)} ({len(times):,})",
            line={"color": COLOURS[index], "width": 2},
            marker={"size": 4},
            hovertemplate="from %{x} UTC: %{y:,} predictions<extra></extra>",
        )
        for index, (variant, times) in enumerate(list(variants.items())[:MOST_GROUPS])
    ]
    x = time_axis(EVENTS, starts)
    figure = plot(traces, x=x, y=count_axis(f"predictions per {width_text(bins.width_s)}"), showlegend=True)
    return Panel(name, title, "By the variant that answered.", figure, is_wide=True)

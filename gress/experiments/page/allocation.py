"""Plot of the units that each variant got, against those that it was to get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gress.experiments.page.lines import LOOKS
from gress.experiments.page.series import times_of
from gress.experiments.reading.records import Record
from gress.report.figures.style import COLOURS, MOST_GROUPS, escape, plot, rounded, time_axis
from gress.report.panel import Panel


def allocation_panel(treatments: Mapping[str, Sequence[Record]], name: str) -> Panel:
    """Plot the share of units that each variant has, and is planned to have.

    Args:
        treatments: records of each treatment, over the same looks.
        name: name of the panel, unique on the page.
    """
    import plotly.graph_objects as go

    first = next(iter(treatments.values()))
    units = units_by_variant(treatments)
    total = np.sum(list(units.values()), axis=0)
    new = np.diff(total, prepend=0.0)
    traces = []
    for index, (variant, own) in enumerate(list(units.items())[:MOST_GROUPS]):
        with np.errstate(divide="ignore", invalid="ignore"):
            share = own / total
            # Units of earlier steps were to be split as their step says.
            planned = np.cumsum(new * [record["rules"]["shares"].get(variant, np.nan) for record in first]) / total
        shared = {"x": times_of(first), "mode": "lines", "legendgroup": variant}
        line = {"color": COLOURS[index], "width": 2}
        traces += [
            go.Scatter(
                y=rounded(share),
                customdata=own.tolist(),
                name=f"{escape(variant)} ({int(own[-1]):,})",
                line=line,
                hovertemplate="%{x} UTC: %{y:.2%}, %{customdata:,} units<extra></extra>",
                **shared,
            ),
            go.Scatter(
                y=rounded(planned), line={**line, "dash": "dot", "width": 1.5}, showlegend=False, hoverinfo="skip",
                **shared,
            ),
        ]  # fmt: skip
    axis = {"title": {"text": "share of units"}, "tickformat": ".0%", "range": [-0.02, 1.02], "zeroline": False}
    note = "Units by variant so far; dotted: as planned."
    figure = plot(traces, x=time_axis(LOOKS, times_of(first)), y=axis, showlegend=True)
    return Panel(name, "Units by variant", note, figure)


def units_by_variant(treatments: Mapping[str, Sequence[Record]]) -> dict[str, NDArray[np.float64]]:
    """Return the units of each variant at each look, those of the control first."""
    first = next(iter(treatments.values()))
    sides = [(first[-1]["control"], first), *treatments.items()]
    return {
        variant: np.array([record["arms"][variant]["units"] for record in records], np.float64)
        for variant, records in sides
    }

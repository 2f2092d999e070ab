"""Plots of the drift of every column and of the quality of scores over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gress.report.drift_grid import DriftGrid, drift_grids
from gress.report.figures.drift_changes import change_panels
from gress.report.figures.style import COLOURS, DASHES, MOST_GROUPS, escape, plot, rounded, truncate
from gress.report.panel import Panel
from gress.report.reading.drift import DriftWindow

_TITLE = "Drift by feature"
_MOST_VERSIONS = 4
_MOST_TICKS = 5
_TIME = "%Y-%m-%d %H:%M:%S"


def drift_panels(records: Sequence[DriftWindow]) -> list[Panel]:
    """Plot a heat map for each model version, the changes found, and the quality of windows with outcomes."""
    if not records:
        return [Panel("drift", _TITLE, "Drift was not watched in this run: it has no drift/.")]
    windows = [record for record in records if not record.is_change]
    changes = change_panels([record for record in records if record.is_change])
    grids = [grid for grid in drift_grids(windows) if grid.names]
    if not grids:
        return [Panel("drift", _TITLE, f"None of the {len(windows):,} windows of this run has a finding."), *changes]
    panels = [_panel(index, grid, len(grids)) for index, grid in enumerate(grids[:_MOST_VERSIONS])]
    if hidden := [f"{grid.model} {grid.version}" for grid in grids[_MOST_VERSIONS:]]:
        panels.append(Panel("drift_more", _TITLE, f"Not drawn: {', '.join(hidden)}."))
    return [*panels, *changes, *_quality_panels(windows)]


def _panel(index: int, grid: DriftGrid, grids: int) -> Panel:
    note = "Darker by day, brighter by night: further from what the model was trained on. × marks drift. Worst first."
    if grid.columns > len(grid.names):
        note += f" The worst {len(grid.names)} of {grid.columns:,} columns."
    if grid.unjudged:
        note += f" {grid.unjudged:,} windows had too few rows to be judged."
    if grid.merged > 1:
        note += f" Each cell is the worst of {grid.merged:,} windows."
    title = f"{_TITLE}: {grid.model} {grid.version}" if grids > 1 else _TITLE
    height = 130 + 24 * max(len(grid.names), 3)
    return Panel(f"drift_{index}", title, note, _figure(grid), is_wide=True, height_px=height)


def _figure(grid: DriftGrid) -> Any:
    import plotly.graph_objects as go

    rows = list(range(len(grid.names)))
    # Number the columns rather than use times, because windows differ in length and some are missing.
    columns = list(range(len(grid.windows)))
    cells = go.Heatmap(
        x=columns,
        y=rows,
        z=[rounded(row) for row in grid.scores],
        text=_hover_texts(grid),
        coloraxis="coloraxis",
        xgap=1,
        ygap=1,
        hoverongaps=False,
        hovertemplate="%{y}: drift score %{z:.2f}<br>%{text}<extra></extra>",
    )
    title = {"text": "drift score", "side": "right"}
    bar = {"title": title, "thickness": 14, "len": 1, "tickvals": [0, 0.25, 0.5, 0.75, 1]}
    ticks = columns[:: -(-len(columns) // _MOST_TICKS)]
    names = [escape(truncate(name, 40)) for name in grid.names]
    plain = {"showgrid": False, "zeroline": False}
    return plot(
        [cells, *_marks(grid)],
        x={
            "title": {"text": "start of the window (event time, UTC)"},
            "tickvals": ticks,
            "ticktext": [grid.windows[column].strftime("%b %d<br>%H:%M") for column in ticks],
            "range": [-0.5, len(columns) - 0.5],
            **plain,
        },
        y={"tickvals": rows, "ticktext": names, "range": [len(rows) - 0.5, -0.5], **plain},
        coloraxis={"cmin": 0, "cmax": 1, "colorbar": bar},
        margin={"l": 70, "r": 20, "t": 24, "b": 60},
    )


def _hover_texts(grid: DriftGrid) -> list[list[str]]:
    """Return the measured value and the window of each cell."""
    windows = [f", {start.strftime(_TIME)} UTC" for start in grid.windows]
    return [[escape(text) + window for text, window in zip(line, windows, strict=True)] for line in grid.measures]


def _marks(grid: DriftGrid) -> list[Any]:
    """Return a cross for each cell in drift, because some readers cannot tell the colours apart."""
    import plotly.graph_objects as go

    found, windows = np.nonzero(grid.is_drift)
    if not len(found):
        return []
    line = {"width": 2, "color": COLOURS[1]}
    marker = {"symbol": "x-thin", "size": 8 if len(grid.windows) <= 60 else 5, "color": COLOURS[1], "line": line}
    return [
        go.Scatter(
            x=windows.tolist(), y=found.tolist(), mode="markers", marker=marker, name="drift", hoverinfo="skip",
            showlegend=False,
        )
    ]  # fmt: skip


def _quality_panels(windows: Sequence[DriftWindow]) -> list[Panel]:
    import plotly.graph_objects as go

    measured = [
        (window, window.quality.auc_roc, window.quality.outcomes)
        for window in windows
        if window.quality is not None and window.quality.auc_roc is not None
    ]
    if not measured:
        return []
    names = list(dict.fromkeys(f"{window.model} {window.version}" for window, *_ in measured))
    traces = []
    for index, name in enumerate(names[:MOST_GROUPS]):
        own = [found for found in measured if f"{found[0].model} {found[0].version}" == name]
        traces.append(
            go.Scatter(
                x=[window.start.strftime(_TIME) for window, *_ in own],
                y=rounded([auc for _, auc, _ in own]),
                customdata=[outcomes for *_, outcomes in own],
                name=escape(name),
                mode="lines+markers",
                line={"color": COLOURS[index], "dash": DASHES[index]},
                hovertemplate="%{x} UTC: AUC ROC %{y:.4f}<br>%{customdata:,} outcomes<extra>%{fullData.name}</extra>",
            )
        )
    figure = plot(
        traces,
        x={"title": {"text": "start of the window (event time, UTC)"}},
        y={"title": {"text": "AUC ROC (0.5 = chance)"}},
        showlegend=True,
    )
    note = "Computed from the predictions of each window whose outcome came in time."
    return [Panel("drift_quality", "Quality over time", note, figure, is_wide=True)]

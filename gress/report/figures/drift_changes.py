"""Changes that sequential detectors found, over time."""

from __future__ import annotations

from collections.abc import Sequence

from gress.report.figures.style import COLOURS, MOST_GROUPS, escape, plot, rounded, truncate
from gress.report.panel import Panel
from gress.report.reading.drift import ColumnDrift, DriftWindow

_TIME = "%Y-%m-%d %H:%M:%S"
_MOST = 1_000


def change_panels(changes: Sequence[DriftWindow]) -> list[Panel]:
    """Plot each change at its time and in the row of its column; nothing where none was found.

    Args:
        changes: in any order; of very many, the last are shown.
    """
    import plotly.graph_objects as go

    shown = sorted(changes, key=lambda change: change.end)[-_MOST:]
    if not shown:
        return []
    versions = list(dict.fromkeys(f"{change.model} {change.version}" for change in shown))
    traces = []
    for index, version in enumerate(versions):
        own = [(change, change.findings[0]) for change in shown if f"{change.model} {change.version}" == version]
        traces.append(
            go.Scatter(
                x=[change.end.strftime(_TIME) for change, _ in own],
                y=[_row(finding) for _, finding in own],
                customdata=[
                    [finding.measure, *rounded([finding.statistic, finding.score]), change.rows]
                    for change, finding in own
                ],
                name=escape(version),
                mode="markers",
                marker={"size": [6 + 10 * finding.score for _, finding in own], "color": COLOURS[index % MOST_GROUPS]},
                hovertemplate=(
                    "%{y}, %{x} UTC<br>%{customdata[0]}: mean moved by %{customdata[1]:+.3f} after "
                    "%{customdata[3]:,} rows, score %{customdata[2]:.2f}<extra>%{fullData.name}</extra>"
                ),
            )
        )
    rows = len({_row(finding) for change in shown for finding in change.findings})
    figure = plot(traces, x={"title": {"text": "event time (UTC)"}}, y={"type": "category"}, showlegend=True)
    note = "Where a stream of values changed its mean, and how much: larger dots are larger changes."
    if len(changes) > len(shown):
        note += f" The last {len(shown):,} of {len(changes):,} changes."
    return [Panel("drift_changes", "Changes", note, figure, is_wide=True, height_px=160 + 24 * max(rows, 3))]


def _row(finding: ColumnDrift) -> str:
    role = "" if finding.role == "feature" else f" ({finding.role})"
    return escape(truncate(finding.name, 40)) + role

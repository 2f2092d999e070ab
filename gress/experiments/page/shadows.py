"""Plots of how shadows differ from the answers that rows got."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gress.experiments.page.lines import EVENTS
from gress.experiments.reading.comparisons import Compared
from gress.report.bins import Bins, time_bins
from gress.report.figures.style import COLOURS, DASHES, MOST_GROUPS, escape, plot, rounded, share_axis, time_axis
from gress.report.figures.versions import width_text
from gress.report.panel import Panel

_BINS = 51
_LOWEST_EXPONENT = -5


def shadow_panels(pairs: Sequence[Compared], name: str) -> Iterator[Panel]:
    """Plot differences of scores, matches over time, and differences of ranks where there are any.

    Args:
        pairs: rows of each pair of variants, at least one pair.
        name: beginning of the panels' names, unique on the page.
    """
    shown = pairs[:MOST_GROUPS]
    yield _differences(shown, f"{name}_scores", "score", "score_delta")
    yield _matches(shown, f"{name}_matches")
    if any(np.isfinite(pair.rank_delta).any() for pair in shown):
        yield _differences(shown, f"{name}_ranks", "rank", "rank_delta")


def _differences(pairs: Sequence[Compared], name: str, what: str, column: str) -> Panel:
    title = f"Shadows: difference of {what}s"
    deltas = [getattr(pair, column)[np.isfinite(getattr(pair, column))] for pair in pairs]
    most = max((float(np.abs(delta).max()) for delta in deltas if len(delta)), default=0.0)
    if not most:
        known = sum(map(len, deltas))
        return Panel(name, title, f"All {known:,} {what}s are equal." if known else f"No {what}s could be compared.")
    bins = Bins(np.linspace(-most, most, _BINS + 1))
    exponents = range(_LOWEST_EXPONENT, 1)
    axis = {
        "title": {"text": "share of rows (log axis)"},
        "type": "log",
        "tickvals": [10.0**exponent for exponent in exponents],
        "ticktext": [f"{10.0 ** (exponent + 2):g}%" for exponent in exponents],
    }
    traces = [_histogram(index, pair, bins, deltas[index]) for index, pair in enumerate(pairs) if len(deltas[index])]
    x = {"title": {"text": f"{what} of the shadow less that of the answer"}, "zeroline": False}
    note = f"Share of the rows in {_BINS} bins; in the middle one the two {what}s are nearly the same."
    return Panel(name, title, note, plot(traces, x=x, y=axis, showlegend=True))


def _histogram(index: int, pair: Compared, bins: Bins, delta: Any) -> Any:
    import plotly.graph_objects as go

    counts = bins.count(delta)
    return go.Scatter(
        x=rounded(bins.middles),
        y=rounded(np.where(counts > 0, counts / len(delta), np.nan)),
        customdata=counts.tolist(),
        name=f"{escape(pair.name)} ({len(delta):,})",
        mode="lines+markers",
        line={"shape": "hvh", "color": COLOURS[index], "dash": DASHES[index], "width": 2},
        marker={"size": 4},
        hovertemplate="about %{x:.3g}: %{y:.3%}, %{customdata:,} rows<extra>%{fullData.name}</extra>",
    )


def _matches(pairs: Sequence[Compared], name: str) -> Panel:
    import plotly.graph_objects as go

    title = "Shadows: share of matches"
    bins = time_bins(np.concatenate([pair.event_time for pair in pairs]))
    if bins is None or not any(np.isfinite(pair.is_match).any() for pair in pairs):
        return Panel(name, title, "No row with an event time tells whether its shadow agrees.")
    owners = np.repeat(np.arange(len(pairs)), [len(pair.event_time) for pair in pairs])
    is_match = np.concatenate([pair.is_match for pair in pairs])
    starts = [text.replace("T", " ") for text in np.datetime_as_string(bins.starts).tolist()]
    traces = []
    for index, pair in enumerate(pairs):
        rows = bins.count((owners == index) & np.isfinite(is_match))
        with np.errstate(invalid="ignore"):
            share = np.where(rows > 0, bins.count((owners == index) & (is_match > 0)) / rows, np.nan)
        if rows.any():
            traces.append(
                go.Scatter(
                    x=starts,
                    y=rounded(share),
                    customdata=rows.tolist(),
                    name=escape(pair.name),
                    mode="lines+markers",
                    line={"color": COLOURS[index], "dash": DASHES[index], "width": 2},
                    marker={"size": 4},
                    hovertemplate="from %{x} UTC: %{y:.2%} of %{customdata:,}<extra>%{fullData.name}</extra>",
                )
            )
    unit = width_text(bins.width_s)
    x = time_axis(EVENTS, starts)
    note = f"Of the rows of each {unit}; they match where both have one class, or lie on one side of the threshold."
    known = np.concatenate([[each for each in trace.y if each is not None] for trace in traces])
    low = float(known.min())
    # Most shadows nearly always agree, which on an axis from 0 is a flat line.
    room = max(1 - low, 0.01)
    near = {"range": [max(low - 0.2 * room, -0.02), 1 + 0.1 * room], "tickformat": ".4~%"}
    y = {**share_axis("share of matches"), **near}
    return Panel(name, title, note, plot(traces, x=x, y=y, showlegend=True))

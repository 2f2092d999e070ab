"""A bandit on the page: what each variant is worth, and the weights that it got for it, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gress.experiments.page.lines import LOOKS
from gress.experiments.page.series import times_of
from gress.experiments.reading.records import Record
from gress.report.figures.style import COLOURS, MOST_GROUPS, escape, plot, rounded, time_axis
from gress.report.panel import Panel

_ENDS = ("value", "lower", "upper")


@dataclass(frozen=True)
class BanditRow:
    """A line of the table of a bandit; a number that is not known is an empty text."""

    variant: str
    weight: str
    value: str
    lower: str
    upper: str
    effective_units: str
    chance: str


@dataclass(frozen=True)
class BanditHead:
    """The last look at a bandit.

    Attributes:
        goal: name of the metric that decides.
        rows: a line for each variant.
    """

    goal: str
    rows: tuple[BanditRow, ...]


def bandit_head(record: Record) -> BanditHead:
    """Return the head of a bandit by the record of a look."""
    told = record["bandit"]
    rows = []
    for variant, weight in told["weights"].items():
        reward = told["rewards"].get(variant, {})
        value, lower, upper = (_text(reward.get(name)) for name in _ENDS)
        effective = reward.get("effective_units")
        units = "" if effective is None else f"{effective:,.0f}"
        rows.append(BanditRow(variant, f"{weight:g} %", value, lower, upper, units, _text(reward.get("chance"), 3)))
    return BanditHead(told["goal"], tuple(rows))


def weight_panel(records: Sequence[Record], name: str) -> Panel:
    """Plot the share of rows that each variant was to get at each look.

    Args:
        records: of one treatment; the weights are the same for all of them.
        name: name of the panel, unique on the page.
    """
    import plotly.graph_objects as go

    times = times_of(records)
    traces = [
        go.Scatter(
            x=times,
            y=rounded(np.array([record["rules"]["shares"].get(variant, 0.0) for record in records], np.float64)),
            mode="lines",
            name=escape(variant),
            line={"color": COLOURS[index], "width": 2, "shape": "vh"},
            hovertemplate="before %{x} UTC: %{y:.2%}<extra>%{fullData.name}</extra>",
        )
        for index, variant in enumerate(list(records[-1]["bandit"]["weights"])[:MOST_GROUPS])
    ]
    axis = {"title": {"text": "weight"}, "tickformat": ".0%", "range": [-0.02, 1.02], "zeroline": False}
    figure = plot(traces, x=time_axis(LOOKS, times), y=axis, showlegend=True)
    return Panel(name, "Weights", "The weights that rows before each look were assigned by.", figure)


def reward_panel(records: Sequence[Record], name: str) -> Panel:
    """Plot the goal of each variant with its interval at each look.

    Args:
        records: of one treatment; the rewards are the same for all of them.
        name: name of the panel, unique on the page.
    """
    import plotly.graph_objects as go

    times, goal = times_of(records), records[-1]["bandit"]["goal"]
    traces = []
    for index, variant in enumerate(list(records[-1]["bandit"]["weights"])[:MOST_GROUPS]):
        found = [record["bandit"]["rewards"].get(variant, {}) for record in records]
        value, lower, upper = (
            np.array([np.nan if each.get(number) is None else each[number] for each in found], np.float64)
            for number in _ENDS
        )
        bars = {"type": "data", "array": rounded(upper - value), "arrayminus": rounded(value - lower), "width": 0}
        traces.append(
            go.Scatter(
                x=times,
                y=rounded(value),
                error_y={**bars, "color": COLOURS[index], "thickness": 1},
                mode="lines+markers",
                name=escape(variant),
                line={"color": COLOURS[index], "width": 2},
                marker={"size": 4},
                hovertemplate="%{x} UTC: %{y:.4g}<extra>%{fullData.name}</extra>",
            )
        )
    note = (
        "Mean of each variant over the same mix of rounds: rows are weighed by their propensity, so that weights and "
        "levels that change do not count. Bars hold at all looks together."
    )
    axis = {"title": {"text": escape(goal)}, "zeroline": False}
    return Panel(name, f"Goal {goal} over time", note, plot(traces, x=time_axis(LOOKS, times), y=axis, showlegend=True))


def _text(value: float | None, digits: int = 6) -> str:
    return "" if value is None or not np.isfinite(value) else f"{value:.{digits}g}"

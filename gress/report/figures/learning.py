"""Plots of models that learn: scores over event time beside those of what was served, and what happened below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from gress.report.figures.learning_slots import slots_panel
from gress.report.figures.style import COLOURS, escape, plot, rounded, time_axis, truncate
from gress.report.learning_curve import Floats, Kind, LearningCurve, Mark, learning_curve, marks
from gress.report.panel import Panel
from jobs.run_folder.learning import LearningSlot

_TITLES = {
    "auc_roc": ("AUC ROC", "AUC ROC (0.5 = chance)", "Higher"),
    "log_loss": ("log loss", "log loss", "Lower"),
    "rmse": ("root mean square error", "root mean square error", "Lower"),
    "mae": ("mean absolute error", "mean absolute error", "Lower"),
}
_LINES = (
    ("learner", COLOURS[0], "solid", "rgba(0,114,178,0.2)"),
    ("served", COLOURS[1], "dash", "rgba(230,159,0,0.2)"),
)
_LOOKS: Mapping[Kind, tuple[str, str]] = {
    "promoted": (COLOURS[2], "star"),
    "published": (COLOURS[4], "circle"),
    "not published": (COLOURS[5], "circle-open"),
    "rolled back": (COLOURS[5], "x"),
    "drift": (COLOURS[3], "triangle-up"),
}
_MOST_MARKS = 1_000
_SCORES_PX = 400
_LANE_PX = 24
_MARGINS_PX = 110
_GAP = 0.05


def learning_panels(models: Mapping[str, Sequence[LearningSlot]], *, has_folder: bool) -> Iterator[Panel]:
    """Yield, for each model that learns, a plot of each main score, and its counts and versions.

    Args:
        models: slots of each model, in the order of time.
        has_folder: the run has a folder for slots; without one its job does not learn, and there is nothing to say.
    """
    if has_folder and not models:
        yield Panel("learning", "Online learning", "No slot of event time was over before the run ended.")
    for index, (model, slots) in enumerate(models.items()):
        curve, happened = learning_curve(slots), list(marks(slots))
        for measure in curve.measures:
            yield _panel(f"learning_{index}_{measure}", model, measure, curve, happened)
        yield slots_panel(f"learning_{index}", model, slots)


def _panel(name: str, model: str, measure: str, curve: LearningCurve, happened: Sequence[Mark]) -> Panel:
    title, axis, better = _TITLES[measure]
    times = _texts(curve.ends)
    kinds = [kind for kind in reversed(get_args(Kind)) if any(mark.kind == kind for mark in happened)]
    traces = [trace for line in _LINES for trace in _score_traces(times, curve, measure, *line)]
    lanes = [_lane(kind, [mark for mark in happened if mark.kind == kind][-_MOST_MARKS:]) for kind in kinds]
    height = _SCORES_PX + _LANE_PX * len(kinds)
    share, layout = _lanes_axis(kinds)
    figure = plot(
        [*traces, *lanes],
        x={**time_axis("end of the slot (event time, UTC)", times), "anchor": "y2" if kinds else "y"},
        y={"title": {"text": axis}, "domain": [share, 1]},
        showlegend=True,
        **layout,
    )
    bands = " Bands: how far off it is at most, as it is counted in buckets." if _has_band(curve, measure) else ""
    note = f"{better} is better. Rows were predicted before they were learnt, and fade with time.{bands}"
    return Panel(name, f"Online learning of {model}: {title}", note, figure, height_px=height)


def _lanes_axis(kinds: Sequence[Kind]) -> tuple[float, dict[str, Any]]:
    """Return the share of the plot below the scores, and the axis there with a lane for each kind of mark."""
    if not kinds:
        return 0.0, {}
    lanes_px = _LANE_PX * len(kinds)
    share = lanes_px / (_SCORES_PX + lanes_px - _MARGINS_PX)
    axis = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(kinds),
        "range": [-0.6, len(kinds) - 0.4],
        "domain": [0, share],
        "automargin": True,
        "zeroline": False,
    }
    return share + _GAP, {"yaxis2": axis}


def _has_band(curve: LearningCurve, measure: str) -> bool:
    return f"{measure}_error" in {*curve.learner, *curve.served}


def _score_traces(
    times: list[str], curve: LearningCurve, measure: str, name: str, colour: str, dash: str, band: str
) -> Iterator[Any]:
    import plotly.graph_objects as go

    scores = curve.learner if name == "learner" else curve.served
    if measure not in scores:
        return
    y, error = scores[measure], scores.get(f"{measure}_error")
    if error is not None:
        yield from _band(times, y, error, band)
    yield go.Scatter(
        x=times,
        y=rounded(y),
        name=name,
        mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 2},
        marker={"size": 4},
        hovertemplate="%{x} UTC: %{y:.4f}<extra>%{fullData.name}</extra>",
    )


def _band(times: list[str], middle: Floats, half: Floats, colour: str) -> list[Any]:
    import plotly.graph_objects as go

    # A fill with gaps in it is drawn across them, so an unknown end lies on the line.
    half = np.where(np.isfinite(half), half, 0.0)
    plain = {"x": times, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    return [
        go.Scatter(y=rounded(middle - half), **plain),
        go.Scatter(y=rounded(middle + half), fill="tonexty", fillcolor=colour, **plain),
    ]


def _lane(kind: Kind, own: Sequence[Mark]) -> Any:
    import plotly.graph_objects as go

    colour, symbol = _LOOKS[kind]
    return go.Scatter(
        x=_texts(np.array([mark.ended_at for mark in own], np.int64)),
        y=[kind] * len(own),
        yaxis="y2",
        customdata=[escape(truncate(mark.text, 90)) for mark in own],
        name=kind,
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 9},
        showlegend=False,
        hovertemplate="%{x} UTC: %{customdata}<extra>%{y}</extra>",
    )


def _texts(ends: NDArray[np.int64]) -> list[str]:
    texts: list[str] = np.datetime_as_string(ends.astype("datetime64[ms]"), unit="s").tolist()
    return [text.replace("T", " ") for text in texts]

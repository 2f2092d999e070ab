"""A part of the page: a plot, or a line with the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Panel:
    """A part of the page.

    Attributes:
        name: name of its element, unique on the page.
        title: heading.
        note: how to read the figure, or why there is none.
        figure: figure of Plotly; None: there is none.
        is_wide: take the whole width of the page.
        height_px: height of the plot.
    """

    name: str
    title: str
    note: str
    figure: Any = None
    is_wide: bool = False
    height_px: int = 400

"""A part of the page: a plot, or a line that says why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Panel:
    """A part of the page.

    Attributes:
        name: of its element, unique on the page.
        title: what is seen.
        note: how to read it, or, without a figure, why there is none.
        figure: of Plotly; None: nothing to show.
        is_wide: takes the whole width.
        height_px: of the plot.
    """

    name: str
    title: str
    note: str
    figure: Any = None
    is_wide: bool = False
    height_px: int = 400

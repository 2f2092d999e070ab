"""A part of the page: a plot, a table, or a line with the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """A table in a panel.

    Attributes:
        columns: heads of the columns.
        rows: a text for each column in each row.
        numbers: number of columns, from the right, that hold numbers.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0


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
        table: table below the note; None: there is none.
    """

    name: str
    title: str
    note: str
    figure: Any = None
    is_wide: bool = False
    height_px: int = 400
    table: Table | None = None

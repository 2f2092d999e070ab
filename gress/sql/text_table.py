"""Rows as aligned text, whether all of them are known or more will come."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from conf.types.printable import cell

_NUMBERS = (int, float)


def cell_text(value: object) -> str:
    """Return a value of a row as text.

    Nothing is ``NULL``, rows and arrays are in brackets, and bytes are hexadecimal; a long text is cut.

    >>> cell_text([1, None, "a"]), cell_text({"k": True}), cell_text(b"A")
    ('[1, NULL, a]', '{k=TRUE}', "x'41'")
    """
    found = next((text for kind, text in _TEXTS if isinstance(value, kind)), str)
    # A line break in a cell would break the table.
    return cell(found(value)).replace("\n", "\\n")


def _joined(values: Iterable[object]) -> str:
    return ", ".join(map(cell_text, values))


_TEXTS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (type(None), lambda _: "NULL"),
    (bool, lambda value: str(value).upper()),
    ((bytes, bytearray), lambda value: f"x'{value.hex()}'"),
    (dt.datetime, lambda value: value.isoformat(" ")),
    (Mapping, lambda value: "{" + ", ".join(f"{cell_text(k)}={cell_text(v)}" for k, v in value.items()) + "}"),
    (tuple, lambda value: f"({_joined(value)})"),
    (list, lambda value: f"[{_joined(value)}]"),
    (str, str),
    # Flink's nested rows are no tuples.
    (Iterable, lambda value: f"({_joined(value)})"),
)
"""Types of values that have a text of their own, and what gives it; a type stands before those that it extends."""


def width(text: str) -> int:
    """Return the columns of a terminal that a text takes.

    >>> width("ab"), width("漢字")
    (2, 4)
    """
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    return len(text) + wide - sum(unicodedata.combining(one) > 0 for one in text)


class TextTable:
    r"""A table that is written block by block; a column is as wide as the widest cell so far, and never narrower again.

    Args:
        columns: names.

    Example:
        >>> print(*TextTable(["id", "name"]).block([(1, "ann"), (20, None)]), sep="\n")
        id  name
        --  ----
         1  ann
        20  NULL
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = [cell_text(name) for name in columns]
        self._widths = [width(name) for name in self._columns]
        self._is_begun = False

    def block(self, rows: Iterable[Sequence[object]]) -> list[str]:
        """Return the next rows as lines, under the names of the columns if they are the first."""
        given = [tuple(row) for row in rows]
        cells = [[cell_text(value) for value in row] for row in given]
        for row in cells:
            self._widths = [max(known, width(cell)) for known, cell in zip(self._widths, row, strict=True)]
        head: list[str] = []
        if not self._is_begun:
            self._is_begun = True
            head = [_line(map(_left, self._columns, self._widths)), _line("-" * one for one in self._widths)]
        return head + [self._row(row, values) for row, values in zip(cells, given, strict=True)]

    def _row(self, cells: Sequence[str], values: Sequence[object]) -> str:
        placed = (
            _right(cell, room) if _is_number(value) else _left(cell, room)
            for cell, room, value in zip(cells, self._widths, values, strict=True)
        )
        return _line(placed)


def _is_number(value: object) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def _left(cell: str, room: int) -> str:
    return cell + " " * (room - width(cell))


def _right(cell: str, room: int) -> str:
    return " " * (room - width(cell)) + cell


def _line(cells: Iterable[str]) -> str:
    return "  ".join(cells).rstrip()

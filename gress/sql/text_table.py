"""Rows as aligned text, whether all of them are known or more will come."""

from __future__ import annotations

import datetime as dt
import itertools
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from conf.types.printable import cell

Later = Literal["grow", "cut", "keep"]
"""Treatment of cells that are wider than those before: the column grows, or they are cut, or kept whole."""


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
        numbers: places of the columns of numbers, which stand to the right, nothing in them as well.
        later: treatment of cells that are wider than those of the first block: their column grows, or they are cut, or
            they stick out. A number is never cut, as it would look like another.

    Example:
        >>> print(*TextTable(["id", "name"], {0}).block([(1, "ann"), (20, None)]), sep="\n")
        id  name
        --  ----
         1  ann
        20  NULL
    """

    def __init__(self, columns: Sequence[str], numbers: Collection[int] = (), later: Later = "grow") -> None:
        self._columns = [cell_text(name) for name in columns]
        self._widths = [width(name) for name in self._columns]
        self._numbers = frozenset(numbers)
        self._later = later
        self._is_begun = False

    def block(self, rows: Iterable[Sequence[object]]) -> list[str]:
        """Return the next rows as lines, under the names of the columns if they are the first."""
        cells = [[cell_text(value) for value in row] for row in rows]
        if self._later == "grow" or not self._is_begun:
            for row in cells:
                self._widths = [max(known, width(cell)) for known, cell in zip(self._widths, row, strict=True)]
        head: list[str] = []
        if not self._is_begun:
            self._is_begun = True
            head = [self._row(self._columns), _line("-" * one for one in self._widths)]
        return head + [self._row(row) for row in cells]

    def _row(self, cells: Sequence[str]) -> str:
        return _line(
            _right(cell, room) if place in self._numbers else self._text(cell, room)
            for place, (cell, room) in enumerate(zip(cells, self._widths, strict=True))
        )

    def _text(self, cell: str, room: int) -> str:
        return _left(cut(cell, room) if self._later == "cut" else cell, room)


def cut(text: str, room: int) -> str:
    """Return a text that takes no more columns of a terminal than there are, with a mark where its end is left out.

    >>> cut("abcdef", 4), cut("漢字漢", 4), cut("abcd", 4)
    ('abc…', '漢…', 'abcd')
    """
    if width(text) <= room:
        return text
    # Marks above a letter stay with it: they take no room.
    ends = itertools.accumulate(width(one) for one in text)
    kept = sum(end < room for end in ends)
    return text[:kept] + "…"[:room]


def _left(cell: str, room: int) -> str:
    return cell + " " * (room - width(cell))


def _right(cell: str, room: int) -> str:
    return " " * (room - width(cell)) + cell


def _line(cells: Iterable[str]) -> str:
    return "  ".join(cells).rstrip()

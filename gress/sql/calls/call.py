"""Calls of functions as a statement has them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """An argument of a call.

    Attributes:
        type: its SQL type.
        fields: names and types of its fields, where it is a row.
        is_literal: it is written in the query, and comes from no table.
        entries: keys and values, where it is a map that is written in the query.
    """

    type: str
    fields: tuple[tuple[str, str], ...] = ()
    is_literal: bool = False
    entries: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Call:
    """A call in a statement.

    Attributes:
        function: its SQL name.
        name: its first argument, where that is a literal; None: it is known only when rows come.
        arguments: the others.
        has_rows: a table gives the rows that it is called for.
        is_empty: it has no argument at all.
    """

    function: str
    name: str | None
    arguments: tuple[Argument, ...]
    has_rows: bool = True
    is_empty: bool = False

"""Pieces of SQL text: identifiers, text literals and intervals."""

from __future__ import annotations

SqlColumns = tuple[tuple[str, str], ...]
"""Name and SQL type of each column, in order."""


def identifier(name: str) -> str:
    """Return a name as an identifier.

    >>> identifier("end")
    '`end`'
    """
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Return a text as a literal.

    >>> print(literal("it's"))
    'it''s'
    """
    return "'" + text.replace("'", "''") + "'"


def interval(milliseconds: int) -> str:
    """Return an interval literal.

    >>> interval(86_399_999)
    "INTERVAL '0 23:59:59.999' DAY(3) TO SECOND(3)"
    """
    days, rest = divmod(milliseconds, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, millis = divmod(rest, 1000)
    return f"INTERVAL '{days} {hours:02d}:{minutes:02d}:{seconds:02d}.{millis:03d}' DAY(3) TO SECOND(3)"


def definitions(columns: SqlColumns) -> str:
    """Return columns as they stand in a table's or a row's definition.

    >>> definitions((("reason", "STRING"), ("p", "DOUBLE")))
    '`reason` STRING, `p` DOUBLE'
    """
    return ", ".join(f"{identifier(name)} {kind}" for name, kind in columns)

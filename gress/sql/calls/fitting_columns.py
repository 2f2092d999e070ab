"""Checks of the columns of a call: their number, their names and their types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conf.nearest import suggest
from gress.sql.calls.call import Argument
from jobs.errors import fail
from udfs.sql.arguments import go_by_place
from udfs.sql.signature import Column, Kind

_TEXTS = frozenset({"CHAR", "VARCHAR"})
_NUMBERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "REAL", "FLOAT", "DOUBLE", "BOOLEAN"})
_TIMES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_WITH_LOCAL_TIME_ZONE", "INTEGER", "BIGINT", *_TEXTS})
_NO_FIELDS = frozenset({"ROW", "TIMESTAMP_WITH_LOCAL_TIME_ZONE"})
_ACCEPTED: Mapping[Kind, tuple[str, frozenset[str]]] = {
    "number": ("a number", _NUMBERS),
    "text": ("a text", _TEXTS),
    "time": ("a date with a time of day", _TIMES),
}
_SHOWN = 4


def check_arguments(where: str, arguments: Sequence[Argument], columns: Sequence[Column]) -> None:
    """Refuse arguments that do not fit the columns; one row is taken by the names of its fields.

    Raises:
        JobError: there are too few or too many of them, or one has the wrong type, or one that rows do not take.
    """
    got = arguments[0].fields if len(arguments) == 1 and arguments[0].fields else None
    _check_row(where, got or ())
    if got is not None and not go_by_place([name for name, _ in got], [column.name for column in columns]):
        check_fields(where, got, columns)
        return
    types = [kind for _, kind in got] if got is not None else [each.type for each in arguments]
    if len(types) != len(columns):
        missing = [column.name for column in columns[len(types) :]]
        fix = f"missing {_listed(missing)}" if missing else f"{len(types) - len(columns)} too many"
        fail(where, f"expected {_columns(columns)}, got {len(types)}", fix)
    for column, kind in zip(columns, types, strict=True):
        _check_type(where, column, kind)


def check_fields(
    where: str, fields: Sequence[tuple[str, str]], columns: Sequence[Column], *, may_have_more: bool = True
) -> None:
    """Refuse named columns that lack one of those that are wanted, or have one of the wrong type.

    Args:
        where: subject of the error.
        fields: name and SQL type of each column there is.
        columns: those that are wanted.
        may_have_more: columns that are not wanted do no harm.

    Raises:
        JobError: a column is missing, is one too many, or has the wrong type.
    """
    types = dict(fields)
    extra = [name for name in types if name not in {column.name for column in columns}]
    for column in columns:
        if column.name not in types:
            near = suggest(column.name, extra).replace("nearest valid name", "nearest there:")
            fail(where, f"expected a column {column.name!r}, got {_listed(list(types))}", near)
        _check_type(where, column, types[column.name])
    if extra and not may_have_more:
        fail(where, f"expected {_columns(columns)}, got {_listed(extra)} too")


def refuse_literals(where: str, arguments: Sequence[Argument]) -> None:
    """Refuse arguments of which no table gives one: Flink hands such a call no rows to count.

    Raises:
        JobError: all are literals.
    """
    if arguments and all(each.is_literal for each in arguments):
        fail(where, "expected a column of a table among the arguments, got literals alone", "read one from a table")


def _check_row(where: str, fields: Sequence[tuple[str, str]]) -> None:
    for name, kind in fields:
        if kind in _NO_FIELDS:
            fix = "give the columns one by one"
            fail(where, f"expected numbers, texts or times in the row, got {kind} in field {name!r}", fix)


def _check_type(where: str, column: Column, kind: str) -> None:
    if column.kind == "any" or kind == "NULL":
        return
    text, accepted = _ACCEPTED[column.kind]
    if kind not in accepted:
        fail(where, f"expected {text} for column {column.name!r}, got {kind}")


def _columns(columns: Sequence[Column]) -> str:
    return f"{len(columns)} column{'s' * (len(columns) != 1)} ({_listed([column.name for column in columns])})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")

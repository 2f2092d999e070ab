"""Checks of the calls in a statement before a job starts: the model, the number of columns, their names and types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conf.nearest import suggest
from gress.sql.model_inputs import Column, Kind, SqlModels, feature_columns
from jobs.errors import JobError, fail
from models.errors import ModelError
from udfs.features.errors import FeatureError

_TEXTS = frozenset({"CHAR", "VARCHAR"})
_NUMBERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "REAL", "FLOAT", "DOUBLE", "BOOLEAN"})
_TIMES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_WITH_LOCAL_TIME_ZONE", "BIGINT"})
_ACCEPTED: Mapping[Kind, tuple[str, frozenset[str]]] = {
    "number": ("a number", _NUMBERS),
    "text": ("a text", _TEXTS),
    "time": ("a time", _TIMES),
}
_SHOWN = 4


@dataclass(frozen=True)
class Argument:
    """An argument of a call.

    Attributes:
        type: its SQL type.
        fields: names and types of its fields, where it is a row.
        is_literal: it is written in the query, and comes from no table.
    """

    type: str
    fields: tuple[tuple[str, str], ...] = ()
    is_literal: bool = False


@dataclass(frozen=True)
class Call:
    """A call in a statement.

    Attributes:
        function: its SQL name.
        name: its first argument, where that is a literal; None: it is known only when rows come.
        arguments: the others.
    """

    function: str
    name: str | None
    arguments: tuple[Argument, ...]


def check_call(call: Call, models: SqlModels) -> None:
    """Refuse a call that no row could satisfy.

    Raises:
        JobError: the model, a version or a column is unknown, or a column has the wrong type.
    """
    find = _COLUMNS.get(call.function)
    if call.name is None or find is None:
        return
    where = f"{call.function}({call.name!r})"
    try:
        columns = find(call.name, models)
    except (FeatureError, JobError, ModelError) as error:
        fail(where, str(error))
    if columns is not None:
        check_arguments(where, call.arguments, columns)


def _of_model(name: str, models: SqlModels) -> tuple[Column, ...] | None:
    return models.columns(models.use(name))


def _of_features(name: str, models: SqlModels) -> tuple[Column, ...] | None:
    return feature_columns(name)


_COLUMNS: dict[str, Callable[[str, SqlModels], tuple[Column, ...] | None]] = {
    "gress_predict": _of_model,
    "gress_features": _of_features,
}
"""The functions whose columns are known before a job starts, and how they are found."""


def check_arguments(where: str, arguments: Sequence[Argument], columns: Sequence[Column]) -> None:
    """Refuse arguments that do not fit the columns; one row is taken by the names of its fields.

    Raises:
        JobError: there are too few or too many of them, or one has the wrong type.
    """
    if len(arguments) == 1 and arguments[0].fields and not _is_unnamed(arguments[0]):
        check_fields(where, arguments[0].fields, columns)
        return
    got = arguments[0].fields if len(arguments) == 1 and arguments[0].fields else None
    types = [kind for _, kind in got] if got is not None else [each.type for each in arguments]
    if len(types) != len(columns):
        missing = [column.name for column in columns[len(types) :]]
        fix = f"missing {_listed(missing)}" if missing else f"{len(types) - len(columns)} too many"
        fail(where, f"expected {_columns(columns)}, got {len(types)}", fix)
    for column, kind in zip(columns, types, strict=True):
        _check_type(where, column, kind)
    if arguments and all(each.is_literal for each in arguments):
        # Flink hands such a call no rows to count.
        fail(where, "expected a column of a table among the arguments, got literals alone", "read one from a table")


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


def _is_unnamed(row: Argument) -> bool:
    return all(name.startswith(("EXPR$", "f")) and name.lstrip("EXPR$f").isdigit() for name, _ in row.fields)


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

"""SQL of the rows that a job writes, from the tables of their columns in ``udfs/rows.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from conf.settings import EventSettings
from jobs.flink.sql import View
from state.sql import SqlColumns, identifier
from udfs.row_columns import (
    CarriedField,
    Column,
    EventField,
    ExperimentColumn,
    Expression,
    FirstOf,
    RecordColumn,
    Source,
    StepColumn,
)

_NONE: Mapping[str, str] = MappingProxyType({})


def sql_columns(columns: Iterable[Column]) -> SqlColumns:
    """Return name and SQL type of each column: the schema of a sink."""
    return tuple((column.name, column.kind) for column in columns)


def expressions(
    columns: Iterable[Column], view: View, events: EventSettings, given: Mapping[str, str] = _NONE
) -> list[str]:
    """Return what fills each column of a sink, as SQL.

    Args:
        columns: of the sink.
        view: rows of the pipeline.
        events: name the field of each role.
        given: SQL by the name that an ``Expression`` has for it.
    """
    return [_Translator(view, events, given).expression(column.source, column.kind) for column in columns]


class _Translator:
    """A translator of column sources into SQL over one view."""

    def __init__(self, view: View, events: EventSettings, given: Mapping[str, str]) -> None:
        self._view = view
        self._events = events
        self._given = given

    def expression(self, source: Source, kind: str) -> str:
        if isinstance(source, EventField):
            return self._field(source.role, kind)
        if isinstance(source, CarriedField):
            return _typed(source.name, kind)
        if isinstance(source, StepColumn):
            name = identifier(source.name)
            # In the latency profile an array that is absent comes as an empty one.
            return f"CASE WHEN CARDINALITY({name}) > 0 THEN {name} END" if kind.startswith("ARRAY") else name
        if isinstance(source, RecordColumn | ExperimentColumn):
            return identifier(source.name) if source.name in self._view.names else _null(kind)
        if isinstance(source, FirstOf):
            return f"COALESCE({', '.join(self.expression(each, kind) for each in source.sources)})"
        return self._expression(source)

    def _field(self, role: str, kind: str) -> str:
        name = getattr(self._events, role)
        return _typed(name, kind) if name else _null(kind)

    def _expression(self, source: Expression) -> str:
        return source.sql.format_map(self._given)


def _typed(name: str, kind: str) -> str:
    """Return a field in the type of a column; inside a job times are numbers, and booleans 0 and 1."""
    if kind.startswith("TIMESTAMP"):
        return f"TO_TIMESTAMP_LTZ({identifier(name)}, 3)"
    return f"{identifier(name)} = 1" if kind == "BOOLEAN" else f"CAST({identifier(name)} AS {kind})"


def _null(kind: str) -> str:
    return f"CAST(NULL AS {kind})"

"""Copies of a job's rows, written in addition to the folders or topics that hold all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conf.settings import JdbcSinkSettings, SinkSettings
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View
from jobs.sinks.console import create_print_sink, json_text
from jobs.sinks.inserts import Inserts
from jobs.sinks.jdbc import create_jdbc_sink, jdbc_values
from state.sql import SqlColumns


@dataclass(frozen=True)
class RowQuery:
    """The query of one kind of rows.

    Attributes:
        kind: ``predictions``, ``alerts`` or ``dead_letters``.
        columns: of the query's rows, in their order.
        query: a SELECT over views that are computed once.
    """

    kind: str
    columns: SqlColumns
    query: str


def has_copies(sink: SinkSettings) -> bool:
    """Return whether a job's rows are read once more than its own inserts read them."""
    return sink.print or sink.jdbc is not None


def add_copies(session: FlinkSession, sink: SinkSettings, inserts: Inserts, rows: Iterable[RowQuery]) -> None:
    """Add the inserts of copies; they come after all others, so that they move no other operator's uid."""
    for each in rows:
        view = _view(session, each)
        if sink.print:
            create_print_sink(session, f"print_{each.kind}", each.kind)
            inserts.add(f"INSERT INTO print_{each.kind} {json_text(view)}")
        table = _table(sink.jdbc, each.kind)
        if sink.jdbc is not None and table is not None:
            create_jdbc_sink(session, f"jdbc_{each.kind}", view, sink.jdbc, table)
            inserts.add(f"INSERT INTO jdbc_{each.kind} {jdbc_values(view)}")


def _table(jdbc: JdbcSinkSettings | None, kind: str) -> str | None:
    """Return the table of one kind of rows; dead letters have no key, and so none."""
    return {"predictions": jdbc.predictions, "alerts": jdbc.alerts}.get(kind) if jdbc is not None else None


def _view(session: FlinkSession, rows: RowQuery) -> View:
    names = [name for name, _ in rows.columns]
    table = session.tables.sql_query(rows.query).alias(*names)
    session.tables.create_temporary_view(f"{rows.kind}_copied", table)
    return View(f"{rows.kind}_copied", rows.columns)

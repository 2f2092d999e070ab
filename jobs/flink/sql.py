"""Tables and views of a session, each with the columns that its SQL may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.flink.environment import FlinkSession
from state.sql import SqlColumns, definitions, identifier, literal


@dataclass(frozen=True)
class View:
    """A registered view.

    Attributes:
        name: under which the session knows it.
        columns: name and SQL type of each, in order.
    """

    name: str
    columns: SqlColumns

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [name for name, _ in self.columns]

    def only(self, names: Iterable[str]) -> SqlColumns:
        """Return those of the columns that are named, in the order of the names; names of other columns are left out.

        >>> View("lines", (("a", "STRING"), ("b", "INT"))).only(["b", "c", "a"])
        (('b', 'INT'), ('a', 'STRING'))
        """
        kinds = dict(self.columns)
        return tuple((name, kinds[name]) for name in names if name in kinds)


def create_view(session: FlinkSession, name: str, columns: SqlColumns, query: str) -> View:
    """Register a query as a view.

    Args:
        session: to register it in.
        name: of the view.
        columns: of the query's rows, in their order.
        query: a SELECT.
    """
    session.tables.execute_sql(f"CREATE TEMPORARY VIEW {identifier(name)} AS {query}")
    return View(name, columns)


def create_table(
    session: FlinkSession, name: str, columns: SqlColumns, options: Mapping[str, str], *, last: str = ""
) -> None:
    """Register a table that a connector reads or writes.

    Args:
        session: to register it in.
        name: of the table.
        columns: name and SQL type of each; a computed column has ``AS`` and its expression for a type.
        options: of the connector.
        last: text after the columns: ``WATERMARK FOR ...`` or ``PRIMARY KEY ...``.
    """
    listed = ", ".join(filter(None, [definitions(columns), last]))
    given = ", ".join(f"{literal(key)}={literal(value)}" for key, value in options.items())
    session.tables.execute_sql(f"CREATE TEMPORARY TABLE {identifier(name)} ({listed}) WITH ({given})")

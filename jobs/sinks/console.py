"""Rows on a console: that of a run on this machine, and on a cluster the ``.out`` files of the TaskManagers."""

from __future__ import annotations

from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View, create_table
from state.sql import identifier, literal


def create_print_sink(session: FlinkSession, name: str, kind: str) -> None:
    """Register a sink that prints texts, one a line, with what kind of rows they are in front."""
    # More than one task would put its number before each line.
    options = {"connector": "print", "print-identifier": kind, "sink.parallelism": "1"}
    create_table(session, name, (("text", "STRING"),), options)


def json_text(rows: View) -> str:
    """Return the query of a view's rows as JSON; absent values are left out, names are in the order of letters."""
    members = ", ".join(f"KEY {literal(name)} VALUE {identifier(name)}" for name in rows.names)
    return f"SELECT JSON_OBJECT({members} ABSENT ON NULL) FROM {identifier(rows.name)}"

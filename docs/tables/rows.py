"""The rows that a job writes, and the reasons of dead letters."""

from __future__ import annotations

from collections.abc import Iterable

from docs.tables.markdown import code, table
from udfs.dead_letters import DEAD_LETTER_REASONS
from udfs.rows import DEAD_LETTER, Column, prediction_row


def prediction_columns() -> str:
    """Return name, SQL type and meaning of each column of predictions and alerts."""
    return _columns(prediction_row())


def dead_letter_columns() -> str:
    """Return name, SQL type and meaning of each column of dead letters."""
    return _columns(DEAD_LETTER)


def dead_letter_reasons() -> str:
    """Return each reason with its category and its meaning."""
    rows = [(code(name), reason.category, reason.meaning) for name, reason in DEAD_LETTER_REASONS.items()]
    return table(("reason", "category", "meaning"), rows)


def _columns(columns: Iterable[Column]) -> str:
    rows = [(code(column.name), code(column.kind), column.meaning) for column in columns]
    return table(("column", "type", "meaning"), rows)

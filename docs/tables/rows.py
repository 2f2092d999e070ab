"""The prediction row and the reasons of dead letters."""

from __future__ import annotations

from docs.tables.markdown import code, table
from jobs.sinks.files import prediction_columns
from udfs.dead_letters import DEAD_LETTER_REASONS


def prediction_row() -> str:
    """Return name and SQL type of each column of predictions and alerts."""
    return table(("column", "type"), [(code(name), code(kind)) for name, kind in prediction_columns("prediction")])


def dead_letter_reasons() -> str:
    """Return each reason with its category and its meaning."""
    rows = [(code(name), reason.category, reason.meaning) for name, reason in DEAD_LETTER_REASONS.items()]
    return table(("reason", "category", "meaning"), rows)

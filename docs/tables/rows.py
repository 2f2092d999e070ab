"""The rows that a job writes, and the reasons of dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from docs.tables.markdown import code, table
from udfs.dead_letters import DEAD_LETTER_REASONS
from udfs.row_columns import Column, EventField
from udfs.rows import COMPARISON, DEAD_LETTER, prediction_row


def prediction_columns() -> str:
    """Return name, SQL type and meaning of each column of predictions and alerts."""
    return _columns(prediction_row(), _of_its_field(prediction_row()))


def comparison_columns() -> str:
    """Return name, SQL type and meaning of each column of comparisons with shadows."""
    return _columns(COMPARISON, _of_its_field(COMPARISON))


def _of_its_field(columns: Iterable[Column]) -> Mapping[str, str]:
    return {column.name: "its field's" for column in columns if column.source == EventField("id")}


def dead_letter_columns() -> str:
    """Return name, SQL type and meaning of each column of dead letters."""
    return _columns(DEAD_LETTER)


def dead_letter_reasons() -> str:
    """Return each reason with its category and its meaning."""
    rows = [(code(name), reason.category, reason.meaning) for name, reason in DEAD_LETTER_REASONS.items()]
    return table(("reason", "category", "meaning"), rows)


def _columns(columns: Iterable[Column], kinds: Mapping[str, str] = MappingProxyType({})) -> str:
    rows = [(code(column.name), kinds.get(column.name, code(column.kind)), column.meaning) for column in columns]
    return table(("column", "type", "meaning"), rows)

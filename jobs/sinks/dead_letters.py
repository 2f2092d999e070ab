"""SQL of dead letters."""

from __future__ import annotations

from conf.settings import EventSettings
from jobs.flink.sql import View
from jobs.sinks.rows import expressions
from state.sql import literal
from udfs.dead_letters import REASONS
from udfs.rows import DEAD_LETTER

# Texts of any length, which the sender of the event chose. Kafka refuses a record of more than 1 MiB, again and again
# after each restart; with JSON's escapes of six bytes a character, a dead letter stays below that.
_OF_SENDER = ("key", "headers", "metadata")
_MOST_OF_SENDER = 8_192
_MOST_OF_ROW = 80_000


def letters_query(view: View, events: EventSettings, operator: str, value: str | None = None) -> str:
    """Return the query of a view's dead letters.

    Args:
        view: rows of which some have a reason.
        events: name the field of each role.
        operator: job and step that gave the rows up.
        value: SQL for the row where its line is gone.
    """
    cases = " ".join(f"WHEN {literal(reason)} THEN {literal(category)}" for reason, category in REASONS.items())
    given = {
        "value": _bounded(value, _MOST_OF_ROW) if value else "`__value`",
        "encoding": "'utf-8'" if value else "`__encoding`",
        "category": f"CASE __dead_letter_reason {cases} END",
        "operator": literal(operator),
    }
    found = zip(DEAD_LETTER, expressions(DEAD_LETTER, view, events, given), strict=True)
    listed = ", ".join(_bounded(sql) if column.name in _OF_SENDER else sql for column, sql in found)
    return f"SELECT {listed} FROM {view.name} WHERE __dead_letter_reason IS NOT NULL"


def _bounded(text: str, most: int = _MOST_OF_SENDER) -> str:
    """Return SQL for a text as it is, or for the beginning of a long one with its length and hash."""
    cut = f"SUBSTRING({text} FROM 1 FOR {most}) || '... of ' || CAST(CHAR_LENGTH({text}) AS STRING)"
    cut += f" || ' characters of sha256 ' || SHA256({text})"
    return f"CASE WHEN CHAR_LENGTH({text}) > {most} THEN {cut} ELSE {text} END"

"""SQL of dead letters."""

from __future__ import annotations

from conf.settings import EventSettings
from jobs.flink.sql import View
from jobs.sinks.rows import expressions
from state.sql import literal
from udfs.dead_letters import REASONS
from udfs.rows import DEAD_LETTER


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
        "value": value or "`__value`",
        "encoding": "'utf-8'" if value else "`__encoding`",
        "category": f"CASE __dead_letter_reason {cases} END",
        "operator": literal(operator),
    }
    listed = ", ".join(expressions(DEAD_LETTER, view, events, given))
    return f"SELECT {listed} FROM {view.name} WHERE __dead_letter_reason IS NOT NULL"

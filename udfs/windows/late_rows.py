"""Late rows of a stage as dead letters, row by row, for they are few."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conf.settings import EventSettings
from state.sql import SqlColumns
from udfs.columns.scatter import PROBLEM_COLUMNS
from udfs.functions.parse_lines import LINE, event_columns
from udfs.windows.pack_lines import late_text


@dataclass(frozen=True)
class LateLetters:
    """A writer of late rows.

    Args:
        events: settings of events.
        carried: columns of the record that a row came in, which a dead letter has, too.
    """

    events: EventSettings
    carried: SqlColumns

    @property
    def columns(self) -> SqlColumns:
        """Reason, error and line, time and key, then the record's columns."""
        kinds = dict(event_columns(self.events))
        told = dict.fromkeys((self.events.time, self.events.key))
        return *PROBLEM_COLUMNS, *LINE, *((name, kinds[name]) for name in told), *self.carried

    def rows(self, late: Mapping[str, Sequence[Any]]) -> Iterator[list[Any]]:
        """Yield the values of ``columns`` for each row of some columns."""
        for values in zip(*late.values(), strict=True):
            found = dict(zip(late, values, strict=True))
            line = found.get("__line")
            given = {
                "__dead_letter_reason": "late",
                "__dead_letter_error": late_text(self.events),
                "__line": self._fields_as_json(found) if line is None else line,
            }
            yield [given.get(name, found.get(name)) for name, _ in self.columns]

    def _fields_as_json(self, row: dict[str, Any]) -> bytes:
        return json.dumps({name: row[name] for name, _ in event_columns(self.events)}, ensure_ascii=False).encode()

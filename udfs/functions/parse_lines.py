"""Lines to typed event columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.settings import EventSettings
from state.sql import SqlColumns
from udfs.columns.scatter import PROBLEM_COLUMNS, problem_columns, scatter
from udfs.functions.vector_function import Columns
from udfs.parsing.batch import ParsedBatch
from udfs.parsing.checks import checked_fields
from udfs.parsing.lines import LineFormat
from udfs.parsing.parser import EventParser, FutureLimit, LongestText

SQL_TYPES = {
    "long": "BIGINT",
    "double": "DOUBLE",
    "decimal": "DOUBLE",
    "string": "STRING",
    "boolean": "DOUBLE",
    "timestamp": "BIGINT",
}
"""Columns of each field type inside a job; times are epoch milliseconds, booleans 0 and 1."""

LINE = (("__line", "BYTES"),)
"""The form in which all events enter a job: bytes, as only parsing shows whether they are text."""


RECORD_TIME: SqlColumns = (("__written_s", "BIGINT"),)
"""Time at which the record of a line was written, in epoch seconds, rounded down; NULL where it is unknown."""


@dataclass
class ParseLines:
    """A function that parses lines of one format; a bad line gets a reason and an error instead of values.

    Args:
        events: settings of events.
        lines: the format.
        carried: fields whose texts predictions carry on, and that are bounded for it.
    """

    events: EventSettings
    lines: LineFormat
    carried: tuple[str, ...] = ()

    @property
    def inputs(self) -> SqlColumns:
        """The line."""
        return LINE

    @property
    def outputs(self) -> SqlColumns:
        """Reason and error of a bad line, then the event's fields."""
        return *PROBLEM_COLUMNS, *event_columns(self.events)

    def open(self) -> None:
        """Build the parser."""
        events = self.events
        not_ahead = FutureLimit(events.time, events.max_ahead_ms)
        longest = LongestText((events.id, events.key), self.carried)
        self._parser = EventParser(checked_fields(events), self.lines, not_ahead, longest)

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Parse a batch of lines."""
        return self.columns_of(self.parse(columns["__line"].tolist()))

    def columns_of(self, batch: ParsedBatch) -> dict[str, Sequence[Any]]:
        """Return reason and error, then fields, of each line of a batch."""
        values = {**batch.columns, **batch.exact}
        return {
            **problem_columns(batch.problems, batch.size),
            **{name: scatter(values[name], batch.rows, batch.size) for name in self.events.fields},
        }

    def parse(self, lines: Sequence[bytes | None], written_ms: NDArray[np.float64] | None = None) -> ParsedBatch:
        """Return the events of a batch of lines, the good ones side by side.

        Args:
            lines: lines of events.
            written_ms: when the record of each was written; see ``record_times``.
        """
        return self._parser.parse(lines, written_ms)

    def close(self) -> None:
        """Do nothing, as there is nothing to free."""


def record_times(columns: Columns) -> NDArray[np.float64] | None:
    """Return the latest moments at which records can have been written, NaN where it is unknown; None: there are none.

    >>> record_times({"__written_s": np.array([1_522_540_831, None], object)}).tolist()
    [1522540831999.0, nan]
    """
    (name, _), *_ = RECORD_TIME
    return np.asarray(columns[name], np.float64) * 1_000 + 999 if name in columns else None


def event_columns(events: EventSettings) -> SqlColumns:
    """Return name and SQL type of an event's fields."""
    return tuple((name, SQL_TYPES[field.type]) for name, field in events.fields.items())

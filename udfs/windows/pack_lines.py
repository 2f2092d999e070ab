"""Lines to parts: the events of a batch, dealt out by the shards of the first key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.settings import EventSettings
from state.sql import SqlColumns
from udfs.dead_letters import Problem
from udfs.functions.parse_lines import LINE, ParseLines, event_columns
from udfs.functions.repeated import first_of, repeated
from udfs.functions.scatter import PROBLEM_COLUMNS, problem_columns, scatter
from udfs.functions.vector_function import Columns
from udfs.parsing.batch import ParsedBatch
from udfs.parsing.lines import LineFormat
from udfs.windows.late import LateRows
from udfs.windows.parts import PartFormat, by_key

PACKED_COLUMNS: SqlColumns = (("__parts", "ARRAY<BYTES>"), ("__newest", "BIGINT"))
"""The parts of a batch and the time of its latest event, in the batch's first row; NULL in the others."""

BAD_LINE: SqlColumns = (("__bad_line", "BYTES"),)
"""The line of a row that is a dead letter; NULL in others."""

LABEL_BYTES = 4
"""Bytes before a part: the label of its shard, little-endian."""


@dataclass
class PackLines:
    """A function that parses lines and packs the events of a batch into a part a shard.

    Args:
        events: settings of events.
        lines: format of the lines.
        key: field of the first windows.
        labels: label of each shard.
        carried: columns beside the event's that travel with it; ``__line`` is the line itself.
        judges_late: rows come in one order, so that this function tells which of them are late.
    """

    events: EventSettings
    lines: LineFormat
    key: str
    labels: tuple[int, ...]
    carried: SqlColumns = ()
    judges_late: bool = True

    @property
    def inputs(self) -> SqlColumns:
        """The line, and the columns to carry."""
        return *LINE, *(column for column in self.carried if column not in LINE)

    @property
    def columns(self) -> SqlColumns:
        """Columns of a part."""
        return *event_columns(self.events), *self.carried

    @property
    def outputs(self) -> SqlColumns:
        """The parts, then reason, error, line, time and key of rows that are dead letters."""
        kinds = dict(event_columns(self.events))
        return *PACKED_COLUMNS, *PROBLEM_COLUMNS, *BAD_LINE, *((name, kinds[name]) for name in self._told)

    def open(self) -> None:
        """Build the parser."""
        self._parsing = ParseLines(self.events, self.lines)
        self._parsing.open()
        self._format = PartFormat(self.columns)
        self._late = LateRows(self.events.watermark_delay_ms) if self.judges_late else None

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Pack a batch of lines."""
        batch = self._parsing.parse(columns["__line"].tolist())
        places = np.arange(batch.size) if batch.rows is None else batch.rows
        values: dict[str, Any] = {**batch.columns, **batch.exact}
        late = self._judge(values[self.events.time])
        if late is None:
            return self._packed(columns, batch, values, places, batch.problems)
        on_time = np.flatnonzero(~late)
        problems = {**batch.problems, **{int(places[row]): self._problem() for row in np.flatnonzero(late)}}
        kept = {name: np.asarray(column)[on_time] for name, column in values.items()}
        told = {name: scatter(np.asarray(values[name])[late], places[late], batch.size) for name in self._told}
        return {**self._packed(columns, batch, kept, places[on_time], problems), **told}

    def close(self) -> None:
        """Do nothing, as there is nothing to free."""

    @property
    def _told(self) -> dict[str, None]:
        return dict.fromkeys((self.events.time, self.events.key))

    def _judge(self, times: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Return which rows are late; None: none is."""
        if self._late is None:
            return None
        late = self._late.judge(times)
        return late if late.any() else None

    def _problem(self) -> Problem:
        return Problem("late", late_text(self.events.watermark_delay_ms))

    def _packed(
        self,
        columns: Columns,
        batch: ParsedBatch,
        values: Mapping[str, Any],
        places: NDArray[np.int64],
        problems: Mapping[int, Problem],
    ) -> dict[str, Any]:
        carried = {name: columns[name] if len(places) == batch.size else columns[name][places] for name in self._names}
        size, empty = batch.size, repeated(None, batch.size)
        bad = np.array(sorted(problems), dtype=np.int64)
        times = values[self.events.time]
        return {
            "__parts": first_of(self._parts({**values, **carried}) if len(places) else None, size),
            "__newest": first_of(int(times.max()) if len(times) else None, size),
            **problem_columns(problems, size),
            "__bad_line": scatter(columns["__line"][bad], bad, size) if problems else empty,
            **dict.fromkeys(self._told, empty),
        }

    @property
    def _names(self) -> list[str]:
        return [name for name, _ in self.carried]

    def _parts(self, columns: Mapping[str, Any]) -> list[bytes]:
        rows = self._format.block(columns)
        return [
            self.labels[shard].to_bytes(LABEL_BYTES, "little", signed=True) + self._format.encode(part)
            for shard, part in by_key(rows, self.key, len(self.labels))
        ]


def late_text(delay_ms: int) -> str:
    """Return the error of a late row."""
    return f"event time is behind the watermark, which trails the latest event by {delay_ms} ms"

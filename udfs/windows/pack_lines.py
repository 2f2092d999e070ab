"""Lines to parts: the events of a batch, dealt out by the shards of the first key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from conf.settings import EventSettings
from state.sql import SqlColumns
from udfs.columns.repeated import first_of
from udfs.columns.scatter import PROBLEM_COLUMNS, scatter
from udfs.dead_letters import Problem
from udfs.functions.parse_lines import LINE, RECORD_TIME, ParseLines, event_columns, record_times
from udfs.functions.vector_function import Columns
from udfs.parsing.lines import LineFormat
from udfs.windows.arrays import of_objects
from udfs.windows.late import NEWEST, LateRows
from udfs.windows.parts import PartFormat, by_key

PACKED_COLUMNS: SqlColumns = (("__parts", "ARRAY<BYTES>"), (NEWEST, "BIGINT"))
"""The parts of a batch and the stream's latest time after it, in the batch's first row; NULL in the others."""

BAD_LINE: SqlColumns = (("__bad_line", "BYTES"),)
"""The line of a row that is a dead letter; NULL in others."""

LABEL_BYTES = 4
"""Bytes before a part: the label of its shard, little-endian."""

_Letters: TypeAlias = "tuple[NDArray[np.int64], dict[str, NDArray[np.object_]]]"


@dataclass(frozen=True)
class Packed:
    """A packed batch of lines.

    Attributes:
        parts: a part a shard; None: no row is good.
        newest: latest time of the stream so far, which the watermark follows; None: too few events came.
        bad: places of the dead letters in the batch.
        letters: columns of the dead letters.
    """

    parts: list[bytes] | None
    newest: int | None
    bad: NDArray[np.int64]
    letters: Columns


@dataclass
class PackLines:
    """A function that parses lines and packs the events of a batch into a part a shard.

    Args:
        events: settings of events.
        lines: format of the lines.
        key: field of the first windows.
        labels: label of each shard.
        carried: columns beside the event's that travel with it; ``__line`` is the line itself.
        sent: fields whose texts predictions carry on.
        judges_late: rows come in one order, so that this function can find those that are late.
        has_record_time: the input has ``RECORD_TIME``.
    """

    events: EventSettings
    lines: LineFormat
    key: str
    labels: tuple[int, ...]
    carried: SqlColumns = ()
    sent: tuple[str, ...] = ()
    judges_late: bool = True
    has_record_time: bool = False

    @property
    def inputs(self) -> SqlColumns:
        """The line, the columns to carry, and the record's time."""
        carried = (column for column in self.carried if column not in LINE)
        return *LINE, *carried, *(RECORD_TIME if self.has_record_time else ())

    @property
    def columns(self) -> SqlColumns:
        """Columns of a part."""
        return *event_columns(self.events), *self.carried

    @property
    def outputs(self) -> SqlColumns:
        """The parts, then the columns of dead letters, NULL in good rows."""
        return *PACKED_COLUMNS, *self.letters

    @property
    def letters(self) -> SqlColumns:
        """The columns of dead letters: reason, error, line, time and key."""
        kinds = dict(event_columns(self.events))
        return *PROBLEM_COLUMNS, *BAD_LINE, *((name, kinds[name]) for name in self._told)

    def open(self) -> None:
        """Build the parser."""
        self._parsing = ParseLines(self.events, self.lines, self.sent)
        self._parsing.open()
        self._format = PartFormat(self.columns)
        behind_ms = self.events.watermark_delay_ms + self.events.allowed_lateness_ms
        self._late = LateRows(behind_ms, self.events.max_jump_ms) if self.judges_late else None

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Pack a batch of lines."""
        packed, size = self.pack(columns["__line"].tolist(), columns), len(columns["__line"])
        return {
            "__parts": first_of(packed.parts, size),
            NEWEST: first_of(packed.newest, size),
            **{name: scatter(values, packed.bad, size) for name, values in packed.letters.items()},
        }

    def pack(self, lines: Sequence[bytes | None], carried: Columns = MappingProxyType({})) -> Packed:
        """Pack lines.

        Args:
            lines: lines of events.
            carried: what travels with them beside the line itself.
        """
        batch = self._parsing.parse(lines, record_times(carried))
        places = np.arange(batch.size) if batch.rows is None else batch.rows
        values: dict[str, Any] = {**batch.columns, **batch.exact}
        late = self._judge(values[self.events.time])
        if late is None:
            letters = self._letters(lines, batch.problems, {})
            return self._packed(values, places, letters, lines, carried)
        on_time = np.flatnonzero(~late)
        told = {
            int(places[row]): tuple(values[name][row] for name in self._told) for row in np.flatnonzero(late).tolist()
        }
        problems = {**batch.problems, **dict.fromkeys(told, self._problem())}
        kept = {name: np.asarray(column)[on_time] for name, column in values.items()}
        return self._packed(kept, places[on_time], self._letters(lines, problems, told), lines, carried)

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
        return Problem("late", late_text(self.events))

    def _packed(
        self,
        values: Mapping[str, Any],
        places: NDArray[np.int64],
        letters: _Letters,
        lines: Sequence[bytes | None],
        carried: Columns,
    ) -> Packed:
        bad, columns = letters
        if not len(places):
            return Packed(None, None, bad, columns)
        newest = int(values[self.events.time].max()) if self._late is None else self._late.newest
        given: dict[str, Any] = {"__line": of_objects(list(lines)) if "__line" in self._names else None, **carried}
        taken = {name: given[name] if len(places) == len(lines) else given[name][places] for name in self._names}
        return Packed(self._parts({**values, **taken}), newest, bad, columns)

    def _letters(
        self,
        lines: Sequence[bytes | None],
        problems: Mapping[int, Problem],
        told: Mapping[int, tuple[Any, ...]],
    ) -> _Letters:
        """Return the places and the columns of dead letters; only some have values."""
        rows = sorted(problems)
        nothing = (None,) * len(self._told)
        columns: dict[str, list[Any]] = {
            "__dead_letter_reason": [problems[row].reason for row in rows],
            "__dead_letter_error": [problems[row].error for row in rows],
            "__bad_line": [lines[row] for row in rows],
            **{name: [told.get(row, nothing)[place] for row in rows] for place, name in enumerate(self._told)},
        }
        return np.array(rows, np.int64), {name: of_objects(values) for name, values in columns.items()}

    @property
    def _names(self) -> list[str]:
        return [name for name, _ in self.carried]

    def _parts(self, columns: Mapping[str, Any]) -> list[bytes]:
        rows = self._format.block(columns)
        return [
            self.labels[shard].to_bytes(LABEL_BYTES, "little", signed=True) + self._format.encode(part)
            for shard, part in by_key(rows, self.key, len(self.labels))
        ]


def late_text(events: EventSettings) -> str:
    """Return the error of a late row."""
    allowed = events.allowed_lateness_ms
    behind = f"more than {allowed} ms behind" if allowed else "behind"
    return f"event time is {behind} the watermark, which trails the latest event by {events.watermark_delay_ms} ms"

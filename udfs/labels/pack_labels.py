"""Lines to parts of labels, dealt out by the shards of their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conf.settings import EventSettings
from state.sql import SqlColumns
from udfs.columns.repeated import first_of
from udfs.columns.scatter import PROBLEM_COLUMNS, VALUE_COLUMNS, problem_columns, value_columns
from udfs.functions.parse_lines import LINE, ParseLines, event_columns
from udfs.functions.vector_function import Columns
from udfs.labels.job_labels import LABEL, LABEL_TIME, label_columns
from udfs.labels.prediction_parts import ID
from udfs.parsing.batch import ParsedBatch
from udfs.parsing.lines import LineFormat
from udfs.windows.pack_lines import LABEL_BYTES, PACKED_COLUMNS
from udfs.windows.parts import PartFormat, by_key


@dataclass
class PackLabels:
    """A function that parses lines and packs the labels of a batch into a part a shard.

    Args:
        events: labels as events.
        lines: format of the lines.
        labels: label of each shard.
    """

    events: EventSettings
    lines: LineFormat
    labels: tuple[int, ...]

    @property
    def inputs(self) -> SqlColumns:
        """The line."""
        return LINE

    @property
    def outputs(self) -> SqlColumns:
        """The parts, then reason, error and text of bad lines, NULL in good rows."""
        return *PACKED_COLUMNS, *PROBLEM_COLUMNS, *VALUE_COLUMNS

    def open(self) -> None:
        """Build the parser."""
        self._parsing = ParseLines(self.events, self.lines)
        self._parsing.open()
        self._format = PartFormat(label_columns(dict(event_columns(self.events))[self.events.id]))

    def run(self, columns: Columns) -> Mapping[str, Any]:
        """Pack a batch of lines."""
        lines = columns["__line"].tolist()
        batch = self._parsing.parse(lines)
        times = batch.columns[self.events.time]
        return {
            "__parts": first_of(self._parts(batch) if len(times) else None, batch.size),
            "__newest": first_of(int(times.max()) if len(times) else None, batch.size),
            **problem_columns(batch.problems, batch.size),
            **value_columns(batch.problems, lines),
        }

    def close(self) -> None:
        """Do nothing, as there is nothing to free."""

    def _parts(self, batch: ParsedBatch) -> list[bytes]:
        values = {**batch.columns, **batch.exact}
        events = self.events
        assert events.label is not None
        rows = self._format.block({ID: values[events.id], LABEL_TIME: values[events.time], LABEL: values[events.label]})
        return [
            self.labels[shard].to_bytes(LABEL_BYTES, "little", signed=True) + self._format.encode(part)
            for shard, part in by_key(rows, ID, len(self.labels))
        ]

"""Lines that come in one order to typed event columns, with how far their times have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from state.sql import SqlColumns
from udfs.columns.scatter import scatter
from udfs.functions.parse_lines import ParseLines
from udfs.functions.vector_function import Columns
from udfs.parsing.times import FIRST_MS
from udfs.windows.late import NEWEST, LatestTimes


@dataclass
class ParseInOrder(ParseLines):
    """A function that parses all lines of a stream and follows the latest of their times; see ``ParseLines``."""

    @property
    def outputs(self) -> SqlColumns:
        """Columns of parsing, then the latest time so far: year 1 before the second good line, NULL at a bad one."""
        return *super().outputs, (NEWEST, "BIGINT")

    def open(self) -> None:
        """Build the parser; no line came yet."""
        super().open()
        self._latest = LatestTimes(self.events.max_jump_ms)

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Parse the next lines."""
        batch = self.parse(columns["__line"].tolist())
        newest = self._latest.follow(batch.columns[self.events.time])[1:]
        return {**self.columns_of(batch), NEWEST: scatter(np.maximum(newest, FIRST_MS), batch.rows, batch.size)}

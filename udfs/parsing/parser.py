"""Parser of lines into typed columns, with every field's type, presence and range checked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from conf.settings import FieldSettings
from udfs.dead_letters import Problem
from udfs.parsing.batch import ParsedBatch, RawColumn
from udfs.parsing.checks import find_problems
from udfs.parsing.lines import LineFormat

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FutureLimit:
    """A limit on how far the times of a field may be ahead of the clock.

    Attributes:
        field: name of a timestamp.
        most_ms: most milliseconds ahead.
        now_ms: the clock.
    """

    field: str
    most_ms: int
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000

    def find_problems(
        self, columns: Mapping[str, RawColumn], written_ms: NDArray[np.float64] | None = None
    ) -> dict[int, Problem]:
        """Return the problem of every row that is too far ahead, by row.

        Args:
            columns: fields.
            written_ms: when each row was written into a record, NaN where nobody knows; None: rows are in no records. A
                stream of the past is as far ahead of its records as it was of the clock.
        """
        column = columns[self.field]
        found = self._ahead(column, self.now_ms(), "the clock")
        return found if written_ms is None else {**self._ahead(column, written_ms, "the time of its record"), **found}

    def _ahead(self, column: RawColumn, clock: int | NDArray[np.float64], name: str) -> dict[int, Problem]:
        ahead = column.values - clock
        is_ahead = ahead > self.most_ms
        if column.nulls is not None:
            is_ahead &= ~column.nulls
        expected = f"field '{self.field}': expected at most {self.most_ms} ms ahead of {name}"
        return {
            int(row): Problem("in_future", f"{expected}, got {int(ahead[row])} ms ahead")
            for row in np.flatnonzero(is_ahead)
        }


@dataclass(frozen=True)
class LongestText:
    """A limit on the length of a row's texts in records of Kafka, which hold its key twice.

    A record that is too large would end the job, and again after each restart. JSON writes up to six bytes a character,
    and Kafka takes 1 MiB: twice the key, the id, and what else the row carries.

    Attributes:
        fields: names of fields; those that are no texts have no limit.
        carried: names of fields whose texts go with the row, and have one limit together.
        most: most characters of a text of ``fields``.
        most_carried: most characters of all texts of ``carried``.
    """

    fields: Sequence[str]
    carried: Sequence[str] = ()
    most: int = 32_768
    most_carried: int = 65_536

    def find_problems(self, columns: Mapping[str, RawColumn], lines: Sequence[bytes | None]) -> dict[int, Problem]:
        """Return the problem of every row with a longer text, by row.

        Args:
            columns: of the well-formed lines.
            lines: all lines, most of which are too short to hold such a text.
        """
        if max(map(len, filter(None, lines)), default=0) <= self.most:
            return {}
        named = {
            row: Problem("out_of_range", f"field '{name}': expected at most {self.most} characters, got {length}")
            for name in self.fields
            for row, length in _lengths(columns[name]).items()
            if length > self.most
        }
        carried: Counter[int] = Counter()
        for name in self.carried:
            carried.update(_lengths(columns[name]))
        subject = f"fields {', '.join(map(repr, self.carried))}"
        expected = f"expected at most {self.most_carried} characters together"
        together = {
            row: Problem("out_of_range", f"{subject}: {expected}, got {length}")
            for row, length in carried.items()
            if length > self.most_carried
        }
        return {**together, **named}


def _lengths(column: RawColumn) -> dict[int, int]:
    """Return the length of each text of a column, by row."""
    return {row: len(value) for row, value in enumerate(column.values) if isinstance(value, str)}


@dataclass(frozen=True)
class EventParser:
    """A parser of batches of lines into columns by field name.

    Attributes:
        fields: settings by field name.
        lines: format of the lines.
        not_ahead: limit on the event's time; None: none.
        longest: limit on texts that name the row; None: none.
    """

    fields: Mapping[str, FieldSettings]
    lines: LineFormat
    not_ahead: FutureLimit | None = None
    longest: LongestText | None = None

    def parse(self, lines: Sequence[bytes | None], written_ms: NDArray[np.float64] | None = None) -> ParsedBatch:
        """Return the good rows as columns and a problem for every other row.

        Args:
            lines: lines; None is a record without a value.
            written_ms: when the record of each line was written; None: lines are in no records.
        """
        size = len(lines)
        batch = self.lines.read(lines)
        columns = batch.columns
        problems: Mapping[int, Problem] = batch.problems
        rows = _rows_without(problems, size) if problems else None
        found = find_problems(self.fields, columns)
        if self.not_ahead is not None:
            written_ms = written_ms if written_ms is None or rows is None else written_ms[rows]
            found = {**self.not_ahead.find_problems(columns, written_ms), **found}
        if self.longest is not None:
            found = {**self.longest.find_problems(columns, lines), **found}
        if found:
            positions = np.arange(size) if rows is None else rows
            problems = {**problems, **{int(positions[index]): problem for index, problem in found.items()}}
            kept = _rows_without(found, len(positions))
            rows = positions[kept]
            columns = {name: _taken(column, kept) for name, column in columns.items()}
        typed = {name: _canonical(column, self.fields[name].type) for name, column in columns.items()}
        return ParsedBatch(size, typed, rows, problems, self._exact(columns))

    def _exact(self, columns: Mapping[str, RawColumn]) -> dict[str, NDArray[np.object_]]:
        return {
            name: _with_none(column.values, column.nulls)
            for name, column in columns.items()
            if column.nulls is not None and self.fields[name].type in ("long", "timestamp")
        }


def _rows_without(problems: Mapping[int, Problem], size: int) -> NDArray[np.int64]:
    is_good = np.ones(size, dtype=bool)
    is_good[list(problems)] = False
    return np.flatnonzero(is_good)


def _taken(column: RawColumn, rows: NDArray[np.int64]) -> RawColumn:
    nulls = None if column.nulls is None else column.nulls[rows]
    return RawColumn(column.values[rows], nulls if nulls is not None and nulls.any() else None)


def _canonical(column: RawColumn, kind: str) -> NDArray[Any]:
    if kind == "string" or (column.nulls is None and kind in ("long", "timestamp")):
        return column.values
    # -0.0 becomes 0.0: windows would take them for two keys, and texts would tell them apart.
    values: NDArray[np.float64] = column.values.astype(np.float64) + 0.0
    if column.nulls is not None:
        values[column.nulls] = np.nan
    return values


def _with_none(values: NDArray[Any], nulls: NDArray[np.bool_]) -> NDArray[np.object_]:
    listed = values.astype(object)
    listed[nulls] = None
    return listed

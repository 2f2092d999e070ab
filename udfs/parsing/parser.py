"""Lines to typed columns, with every field's type, presence and range checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
class EventParser:
    """Parses batches of lines into columns by field name."""

    fields: Mapping[str, FieldSettings]
    lines: LineFormat

    def parse(self, lines: Sequence[str]) -> ParsedBatch:
        """Return the good rows as columns and a problem for every other row."""
        size = len(lines)
        batch = self.lines.read(lines)
        columns = batch.columns
        problems: Mapping[int, Problem] = batch.problems
        rows = _rows_without(problems, size) if problems else None
        found = find_problems(self.fields, columns)
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
    if kind == "string" or (column.nulls is None and kind != "boolean"):
        return column.values
    values = column.values.astype(np.float64)
    if column.nulls is not None:
        values[column.nulls] = np.nan
    return values


def _with_none(values: NDArray[Any], nulls: NDArray[np.bool_]) -> NDArray[np.object_]:
    listed = values.astype(object)
    listed[nulls] = None
    return listed

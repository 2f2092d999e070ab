"""Checks of a user's columns, which are those that parsing makes of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.settings import EventSettings, FieldSettings
from udfs.dead_letters import Problem
from udfs.parsing.batch import RawColumn
from udfs.parsing.checks import checked_fields, find_problems
from udfs.parsing.parser import FutureLimit

_NOTHING: Mapping[str, Mapping[int, object]] = MappingProxyType({})
_WHOLE = ("long", "timestamp")


@dataclass(frozen=True)
class FieldChecks:
    """Checks of the fields of events that a table has; fields that it lacks are not checked.

    Attributes:
        fields: settings by field name.
        not_ahead: limit on the event's time.
    """

    fields: Mapping[str, FieldSettings]
    not_ahead: FutureLimit

    @classmethod
    def of_events(cls, events: EventSettings) -> FieldChecks:
        """Return the checks that a job makes of its events."""
        return cls(checked_fields(events), FutureLimit(events.time, events.max_ahead_ms))

    def find_problems(
        self, columns: Mapping[str, NDArray[Any]], wrong: Mapping[str, Mapping[int, object]] = _NOTHING
    ) -> dict[int, Problem]:
        """Return the problem of each row that a job would not score, by row.

        Args:
            columns: (n,) each, as features read them: texts with None, all else numbers with NaN where absent.
            wrong: values that did not become such, by column and row.
        """
        there = {name: field for name, field in self.fields.items() if name in columns}
        raw = {name: _raw(columns[name], field, wrong.get(name, {})) for name, field in there.items()}
        found = find_problems(there, raw)
        return {**self.not_ahead.find_problems(raw), **found} if self.not_ahead.field in raw else found


def _raw(values: NDArray[Any], field: FieldSettings, known: Mapping[int, object]) -> RawColumn:
    """Return a column as parsing has it; a number that the type does not have is wrong."""
    if field.type == "string":
        nulls = np.fromiter((value is None for value in values), bool, len(values))
        return RawColumn(values, nulls if nulls.any() else None)
    if values.dtype.kind != "f":
        return RawColumn(values)
    nulls, is_wrong = np.isnan(values), np.isinf(values)
    if field.type in _WHOLE:
        is_wrong |= ~nulls & (np.trunc(values) != values)
    wrong = {**known, **{int(row): float(values[row]) for row in np.flatnonzero(is_wrong)}}
    nulls |= is_wrong
    if nulls.any():
        values = np.where(nulls, 0.0, values)
    if field.type in _WHOLE:
        values = values.astype(np.int64)
    elif field.type == "decimal" and values.dtype.itemsize < np.dtype(np.float64).itemsize:
        values = _as_written(values, field.scale or 0)
    return RawColumn(values, nulls if nulls.any() else None, wrong)


def _as_written(values: NDArray[Any], digits: int) -> NDArray[np.float64]:
    """Return decimals of low precision as the nearest ones of so many digits, where they may be meant."""
    exact = values.astype(np.float64)
    rounded = np.round(exact, digits)
    is_meant = np.abs(exact - rounded) <= np.finfo(values.dtype).eps * np.abs(exact)
    return np.where(is_meant, rounded, exact)

"""The windows of one key field, and which aggregates they need."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar

import numpy as np

from state.sliding.rows import Column, Rows
from state.sql import SqlColumns
from state.window_sql import WindowSpec

Kind = Literal["integer", "double", "text"]
"""A field's values: BIGINT, DOUBLE or STRING."""

_T = TypeVar("_T")
Form = Literal["count", "sum", "squares"]


class Selection(NamedTuple):
    """The rows that an aggregate sees: those for which the filter is true and the source is not NULL."""

    source: str | None
    filter: str | None


class Quantity(NamedTuple):
    """A number that is summed over the rows of a selection."""

    selection: Selection
    form: Form


class Extreme(NamedTuple):
    """The largest or smallest value of a selection."""

    selection: Selection
    is_least: bool


@dataclass(frozen=True)
class SlidingPlan:
    """The windows of one key field, and the types of the fields they read.

    Args:
        specs: aggregates of this key, in the order of their output columns.
        key: the key field.
        time: the field with the event time; ``previous_time`` may read it without a column.
        kinds: type of the key and of every source.
        scales: digits after the point of the fields whose sums are exact in whole numbers (0 for integers); None or
            absent for doubles, whose sums are exact, too, and rounded once.

    Raises:
        ValueError: a spec is of another key, or the type of a field is missing or does not suit its function.
    """

    specs: tuple[WindowSpec, ...]
    key: str
    time: str
    kinds: Mapping[str, Kind]
    scales: Mapping[str, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse windows that the engine cannot compute."""
        if not self.specs:
            msg = f"windows of key {self.key!r}: expected at least one, got none"
            raise ValueError(msg)
        for name in (self.key, *self.sources):
            if name not in self.kinds:
                msg = f"windows of key {self.key!r}: expected the type of field {name!r}, got none"
                raise ValueError(msg)
        for spec in self.specs:
            self._check(spec)

    def _check(self, spec: WindowSpec) -> None:
        if spec.key != self.key:
            msg = f"window {spec.name!r}: expected key {self.key!r}, got {spec.key!r}; plan each key by itself"
            raise ValueError(msg)
        needs_number = spec.function not in ("count", "rate", "distinct", "previous_time")
        if needs_number and self.kinds[spec.source or ""] == "text":
            msg = f"window {spec.name!r}: expected a number to take the {spec.function} of, got text {spec.source!r}"
            raise ValueError(msg)
        if spec.delay_s and spec.function in ("min", "max", "last", "distinct", "previous_time"):
            msg = f"window {spec.name!r}: expected no delay for {spec.function}, got {spec.delay_s} s"
            raise ValueError(msg)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Columns of the windows."""
        return tuple(spec.name for spec in self.specs)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Fields that rows bring beside time and key, each once."""
        own_time = {spec.name for spec in self.specs if self.reads_own_time(spec)}
        return _once(spec.source for spec in self.specs if spec.source and spec.name not in own_time)

    @cached_property
    def filters(self) -> tuple[str, ...]:
        """Texts of the filters, each once."""
        return _once(spec.filter for spec in self.specs if spec.filter)

    @cached_property
    def layout(self) -> bytes:
        """Digest of the saved columns of a row: key, fields and filters, but not the windows themselves."""
        saved = [self.key, *([name, self.kinds[name]] for name in (self.key, *self.sources)), *self.filters]
        return hashlib.sha1(json.dumps(saved).encode(), usedforsecurity=False).digest()[:8]

    @cached_property
    def horizon_ms(self) -> int:
        """Reach of the longest window with its delay: an older row is in none."""
        return max(1000 * (spec.window_s + spec.delay_s) for spec in self.specs)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Sums over windows that the specs need, each once."""
        return _once(Quantity(selection(spec), form) for spec in self.specs for form in _FORMS.get(spec.function, ()))

    @cached_property
    def offsets_ms(self) -> tuple[int, ...]:
        """Times before the row at which windows begin or end, without 0, ascending."""
        asked = {0}
        for spec in self.specs:
            if spec.function in _FORMS or spec.function == "distinct":
                asked |= {1000 * spec.delay_s, 1000 * (spec.delay_s + spec.window_s)}
        return tuple(sorted(asked - {0}))

    @cached_property
    def extremes(self) -> Mapping[Extreme, tuple[int, ...]]:
        """Windows in milliseconds of each minimum and maximum."""
        return _windows((extreme(spec), spec) for spec in self.specs if spec.function in ("min", "max"))

    @cached_property
    def distinct(self) -> Mapping[Selection, tuple[int, ...]]:
        """Windows in milliseconds of each count of distinct values."""
        return _windows((selection(spec), spec) for spec in self.specs if spec.function == "distinct")

    @cached_property
    def last(self) -> tuple[Selection, ...]:
        """Selections whose last value a window needs, each once."""
        return _once(selection(spec) for spec in self.specs if spec.function == "last")

    @cached_property
    def previous(self) -> tuple[str | None, ...]:
        """Time fields whose previous value a window needs, each once; None: the event time itself."""
        return _once(self.previous_source(spec) for spec in self.specs if spec.function == "previous_time")

    def checked(self, rows: Rows) -> Rows:
        """Return rows with the columns of the plan only.

        Raises:
            ValueError: a column is missing, has another length, or values of another type.
        """
        columns = {self.key: rows.key, **rows.fields}
        for name in (self.key, *self.sources):
            column = columns.get(name)
            expected = _TYPES[self.kinds[name]]
            found = "no such column" if column is None else f"{column.values.dtype}, {len(column.values)} rows"
            if column is None or column.values.dtype != expected or len(column.values) != len(rows):
                msg = f"rows for key {self.key!r}: expected {name!r} as {expected}, {len(rows)} rows, got {found}"
                raise ValueError(msg)
        for text in self.filters:
            if len(rows.passes.get(text, ())) != len(rows):
                msg = f"rows for key {self.key!r}: expected the {len(rows)} rows that pass filter {text!r}, got none"
                raise ValueError(msg)
        fields = {name: rows.fields[name] for name in self.sources}
        return Rows(rows.times, rows.key, fields, {text: rows.passes[text] for text in self.filters})

    def no_rows(self) -> Rows:
        """Return the columns of the plan without rows."""
        nothing = {name: Column(np.empty(0, _TYPES[self.kinds[name]])) for name in (self.key, *self.sources)}
        fields = {name: nothing[name] for name in self.sources}
        passes = {text: np.empty(0, np.bool_) for text in self.filters}
        return Rows(np.empty(0, np.int64), nothing[self.key], fields, passes)

    def reads_own_time(self, spec: WindowSpec) -> bool:
        """Return whether a spec reads the event time, which every row has."""
        return spec.function == "previous_time" and spec.source in (None, self.time)

    def previous_source(self, spec: WindowSpec) -> str | None:
        """Return the time field of a ``previous_time``; None: the event time itself."""
        return None if self.reads_own_time(spec) else spec.source

    def is_text(self, name: str | None) -> bool:
        """Return whether a field is a STRING."""
        return name is not None and self.kinds[name] == "text"

    def is_integer(self, source: str) -> bool:
        """Return whether a field is a BIGINT."""
        return self.kinds[source] == "integer"

    def scale(self, source: str | None) -> int | None:
        """Return the digits after the point that make sums of a field whole; None: sums are of doubles."""
        scale = self.scales.get(source or "")
        return 0 if scale is None and source is not None and self.is_integer(source) else scale


def plans_by_key(
    specs: Iterable[WindowSpec], columns: SqlColumns, *, time: str, scales: Mapping[str, int | None]
) -> tuple[SlidingPlan, ...]:
    """Return a plan for each key field, in the order in which the specs first name them.

    Args:
        specs: aggregates of any keys.
        columns: name and SQL type of an event's fields: BIGINT, DOUBLE or STRING.
        time: the field with the event time.
        scales: digits after the point of fields, as in `SlidingPlan`.
    """
    by_key: dict[str, list[WindowSpec]] = {}
    for spec in specs:
        by_key.setdefault(spec.key, []).append(spec)
    kinds = {name: _KINDS[sql_type] for name, sql_type in columns}
    return tuple(SlidingPlan(tuple(own), key, time, kinds, scales) for key, own in by_key.items())


def selection(spec: WindowSpec) -> Selection:
    """Return the rows that a spec sees."""
    return Selection(spec.source, spec.filter)


def extreme(spec: WindowSpec) -> Extreme:
    """Return the extreme value that a spec asks for."""
    return Extreme(selection(spec), spec.function == "min")


_KINDS: dict[str, Kind] = {"BIGINT": "integer", "DOUBLE": "double", "STRING": "text"}
_TYPES = {"integer": np.dtype(np.int64), "double": np.dtype(np.float64), "text": np.dtype(object)}
_FORMS: dict[str, tuple[Form, ...]] = {
    "count": ("count",),
    "rate": ("count",),
    "sum": ("count", "sum"),
    "avg": ("count", "sum"),
    "stddev": ("count", "sum", "squares"),
    "min": ("count",),
    "max": ("count",),
}


def _once(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))


def _windows(pairs: Iterable[tuple[_T, WindowSpec]]) -> dict[_T, tuple[int, ...]]:
    found: dict[_T, set[int]] = {}
    for item, spec in pairs:
        found.setdefault(item, set()).add(1000 * spec.window_s)
    return {item: tuple(sorted(windows)) for item, windows in found.items()}

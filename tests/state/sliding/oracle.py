"""Windows by brute force, in plain Python: every row looks at every other; and random histories to compare with."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from state.sliding.plan import Kind, SlidingPlan
from state.sliding.rows import Column, Rows
from state.window_sql import FUNCTIONS, WindowSpec

Value = int | float | str | None

KINDS: dict[str, Kind] = {
    "CARD": "integer",
    "ITEMS": "integer",
    "SIZE": "double",
    "PRICE": "double",
    "KIND": "text",
    "BOOKED": "integer",
}
SCALES = {"ITEMS": 0, "PRICE": 2}
FILTER = "KIND = 'a'"


@dataclass(frozen=True)
class Row:
    time: int
    key: Value = 0
    ITEMS: int | None = 0
    SIZE: float | None = 0.0
    PRICE: float | None = 0.0
    KIND: str | None = "a"
    BOOKED: int | None = 0


def plan_of(*specs: WindowSpec, key_kind: Kind = "integer") -> SlidingPlan:
    return SlidingPlan(tuple(specs), "CARD", "AT", {**KINDS, "CARD": key_kind}, SCALES)


def every_spec(window_s: int, delay_s: int = 0) -> list[WindowSpec]:
    """Every function on every field that it takes, with and without a filter."""
    made = []
    for function in FUNCTIONS:
        is_delayable = function in ("count", "rate", "sum", "avg", "stddev")
        fields: tuple[str | None, ...] = ("ITEMS", "SIZE", "PRICE")
        if function in ("count", "distinct"):
            fields = (*fields, "KIND")
        if function in ("count", "rate"):
            fields = (*fields, None)
        if function == "previous_time":
            fields = ("AT", "BOOKED")
        for field in fields:
            for text in (None, FILTER) if function != "previous_time" else (None,):
                name = f"{function} {field} {text} {window_s} {delay_s}"
                delay = delay_s if is_delayable else 0
                made.append(WindowSpec(name, function, field, "CARD", window_s, delay, text))
    return made


def rows_of(history: Sequence[Row], key_kind: Kind = "integer") -> Rows:
    return Rows(
        np.array([row.time for row in history], np.int64),
        column([row.key for row in history], key_kind),
        {name: column([getattr(row, name) for row in history], KINDS[name]) for name in KINDS if name != "CARD"},
        {FILTER: np.array([row.KIND == "a" for row in history], np.bool_)},
    )


def column(values: Sequence[Value], kind: Kind) -> Column:
    fillers: dict[Kind, Any] = {"integer": 7, "double": 7.5, "text": "seven"}
    dtypes: dict[Kind, Any] = {"integer": np.int64, "double": np.float64, "text": object}
    nulls = np.array([value is None for value in values], np.bool_)
    filled = [fillers[kind] if value is None else value for value in values]
    return Column(np.array(filled, dtypes[kind]), nulls if nulls.any() else None)


def expected(history: Sequence[Row], spec: WindowSpec) -> list[float]:
    of_key: dict[object, list[Row]] = {}
    for row in history:
        of_key.setdefault(_identity(row.key), []).append(row)
    return [_answer(of_key[_identity(row.key)], row, spec) for row in history]


def _answer(history: Sequence[Row], row: Row, spec: WindowSpec) -> float:
    """The answer to a row, among all rows of its key."""
    if spec.function == "previous_time":
        return _previous(history, row, spec)
    end = row.time - 1000 * spec.delay_s
    start = end - 1000 * spec.window_s
    window = [other for other in history if start < other.time <= end and (spec.filter is None or other.KIND == "a")]
    seen = [other for other in window if spec.source is None or getattr(other, spec.source) is not None]
    values = [getattr(other, spec.source) for other in seen] if spec.source else []
    empty = math.nan if spec.empty is None else spec.empty
    match spec.function:
        case "count":
            return float(len(seen))
        case "rate":
            return len(seen) / spec.window_s
        case "distinct":
            return float(len({_identity(value) for value in values}))
        case "stddev":
            return _stddev(values, spec.source or "") if len(values) > 1 else empty
    if not values:
        return empty
    match spec.function:
        case "sum":
            return _sum(values, spec.source or "")
        case "avg":
            return _sum(values, spec.source or "") / len(values)
        case "min":
            return float(min(values, key=_order))
        case "max":
            return float(max(values, key=_order))
    newest = max(other.time for other in seen)
    assert spec.function == "last"
    last = [getattr(other, spec.source or "") for other in seen if other.time == newest]
    return float(max(last, key=_order))


def _previous(history: Sequence[Row], row: Row, spec: WindowSpec) -> float:
    """The last row before, or the last but one of the row's own instant; there in the order of values, NULLs first."""

    def value(other: Row) -> int | None:
        return other.time if spec.source == "AT" else other.BOOKED

    before = [other for other in history if other.time <= row.time]
    ordered = sorted(before, key=lambda other: (other.time, -math.inf if value(other) is None else value(other)))
    own = [other for other in ordered if other.time == row.time]
    candidates = own[:-1] if len(own) > 1 else [other for other in ordered if other.time < row.time]
    if not candidates or candidates[-1].time <= row.time - 1000 * spec.window_s:
        return math.nan
    previous, current = value(candidates[-1]), value(row)
    if previous is None or current is None or current - previous >= 1000 * spec.window_s:
        return math.nan
    return float(previous)


def _whole(values: Sequence[Any], source: str) -> list[int]:
    if source == "ITEMS":
        return list(values)
    return [max(-(2**63), min(2**63 - 1, math.floor(value * 100.0 + 0.5))) for value in values]


def _sum(values: Sequence[Any], source: str) -> float:
    if source == "SIZE":
        return _nearest(values)
    return float(sum(_whole(values, source))) / (100.0 if source == "PRICE" else 1.0)


def _nearest(values: Sequence[float]) -> float:
    if not all(map(math.isfinite, values)):
        return sum(values)
    total = sum(map(Fraction, values), Fraction(0))
    try:
        return float(total)
    except OverflowError:
        return math.inf if total > 0 else -math.inf


def _stddev(values: Sequence[Any], source: str) -> float:
    count = float(len(values))
    if source == "SIZE":
        total, squares = _nearest(values), _nearest([value * value for value in values])
    else:
        whole = _whole(values, source)
        total, squares = float(sum(whole)), float(sum(value * value for value in whole))
    with np.errstate(all="ignore"):
        variance = np.float64(count * squares - total * total) / (count * (count - 1))
        return float(np.sqrt(np.maximum(variance, 0.0))) / (100.0 if source == "PRICE" else 1.0)


def _identity(value: Value) -> object:
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack("<d", value)
    return value


def _order(value: Any) -> tuple[bool, Any, float]:
    """As Java: NaN above all, -0.0 below 0.0."""
    if isinstance(value, float):
        return (True, 0.0, 1.0) if math.isnan(value) else (False, value, math.copysign(1.0, value))
    return (False, value, 1.0)


def in_batches(history: Sequence[Row], watermarks: Sequence[int]) -> list[tuple[list[int], int]]:
    """Places of the rows of each batch, whose watermarks ascend; the last batch takes what is left."""
    batches, done = [], -(2**62)
    newest = max((row.time for row in history), default=0)
    for watermark in sorted({*watermarks, newest}):
        places = [place for place, row in enumerate(history) if done < row.time <= watermark]
        batches.append((places, watermark))
        done = watermark
    return batches


def moved(history: Sequence[Row], milliseconds: int) -> list[Row]:
    return [replace(row, time=row.time + milliseconds) for row in history]

"""Type, presence and range of parsed values, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from conf.settings import EventSettings, FieldSettings
from udfs.dead_letters import Problem, show_value
from udfs.parsing.batch import RawColumn
from udfs.parsing.times import FIRST_MS, LAST_MS
from udfs.parsing.units import UnclearTimeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Check: TypeAlias = tuple[NDArray[np.bool_], str, Callable[[str], str]]

WHOLE_IN_FLOAT = 2**53


def checked_fields(events: EventSettings) -> dict[str, FieldSettings]:
    """Return the settings of an event's fields, with the label bounded: windows add labels up in whole numbers."""
    fields = dict(events.fields)
    label = fields.get(events.label or "")
    if label is not None and label.type == "long":
        most = float(WHOLE_IN_FLOAT - 1)
        low = -most if label.min is None else max(label.min, -most)
        high = most if label.max is None else min(label.max, most)
        fields[events.label or ""] = label.model_copy(update={"min": low, "max": high})
    return fields


def find_problems(fields: Mapping[str, FieldSettings], raw: Mapping[str, RawColumn]) -> dict[int, Problem]:
    """Return the problem of each bad row, by row; if it has several, that of the field declared first."""
    problems: dict[int, Problem] = {}
    for name, field in fields.items():
        column = raw[name]
        for row, value in column.wrong.items():
            is_unclear = isinstance(value, UnclearTimeError)
            found = str(value) if is_unclear else _wrong_text(field, value)
            reason = "out_of_range" if is_unclear else "wrong_type"
            problems.setdefault(row, Problem(reason, f"field '{name}': {found}"))
        for mask, reason, describe in _checks(field, column):
            if not mask.any():
                continue
            for row in np.flatnonzero(mask).tolist():
                if row not in problems:
                    got = show_value(column.values[row : row + 1].tolist()[0])
                    problems[row] = Problem(reason, f"field '{name}': {describe(got)}")
    return problems


def _checks(field: FieldSettings, column: RawColumn) -> Iterator[Check]:
    """Yield each check of a field: rows that fail it, the reason, and its text for the value found."""
    values = column.values
    if column.nulls is not None and field.required:
        yield column.nulls, "missing_value", lambda _: f"expected {field.type}, got null or nothing"
    low, high = _limits(field)
    if low is not None:
        least = _show_limit(low)
        yield _present(values < low, column), "out_of_range", lambda got: f"expected >= {least}, got {got}"
    if high is not None:
        most = _show_limit(high)
        yield _present(values > high, column), "out_of_range", lambda got: f"expected <= {most}, got {got}"
    if field.type == "decimal":
        digits = field.scale or 0
        text = f"expected at most {digits} digits after the point"
        yield _is_finer(values, digits), "out_of_range", lambda got: f"{text}, got {got}"
        # A float has not all whole numbers beyond, and sums of the windows are exact in whole numbers only.
        described = f"expected at most {WHOLE_IN_FLOAT - 1} as a whole number of units of 1e-{digits}"
        with np.errstate(over="ignore"):
            is_large = np.rint(np.abs(values) * 10.0**digits) >= WHOLE_IN_FLOAT
        yield is_large, "out_of_range", lambda got: f"{described}, got {got}"


def _wrong_text(field: FieldSettings, value: object) -> str:
    wanted = "timestamp as ISO 8601 text, by its unit: iso" if field.unit == "iso" else field.type
    return f"expected {wanted}, got {show_value(value)}"


def _limits(field: FieldSettings) -> tuple[float | None, float | None]:
    # An event time outside the calendar would carry the watermark beyond all other events.
    return (FIRST_MS, LAST_MS) if field.type == "timestamp" else (field.min, field.max)


def _present(mask: NDArray[np.bool_], column: RawColumn) -> NDArray[np.bool_]:
    return mask if column.nulls is None else mask & ~column.nulls


def _show_limit(limit: float) -> str:
    return repr(limit).removesuffix(".0")


def _is_finer(values: NDArray[np.float64], digits: int) -> NDArray[np.bool_]:
    # A decimal read as binary is off by at most half a unit in the last place, and so is its multiple. A sum of
    # decimals is off by a few units.
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = values * 10.0**digits
        error = np.abs(scaled - np.rint(scaled))
        is_finer: NDArray[np.bool_] = error > np.maximum(np.abs(scaled), 1.0) * 1e-14
    return is_finer

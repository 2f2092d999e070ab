"""Presence and range of parsed values, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from conf.settings import FieldSettings
from udfs.dead_letters import Problem
from udfs.parsing.batch import RawColumn


def find_problems(fields: Mapping[str, FieldSettings], raw: Mapping[str, RawColumn]) -> dict[int, Problem]:
    """Return the first problem of every row that has one, by row."""
    problems: dict[int, Problem] = {}
    for name, field in fields.items():
        for mask, describe in _checks(field, raw[name]):
            if not mask.any():
                continue
            for row in np.flatnonzero(mask).tolist():
                problem = describe(raw[name].values[row])
                problems.setdefault(row, Problem(problem.reason, f"field '{name}': {problem.error}"))
    return problems


def _checks(
    field: FieldSettings, column: RawColumn
) -> Iterator[tuple[np.ndarray, Callable[[object], Problem]]]:
    present = True if column.nulls is None else ~column.nulls
    if column.nulls is not None and field.required:
        yield column.nulls, lambda _: Problem("missing_value", f"expected {field.type}, got null or nothing")
    if field.type in ("double", "decimal"):
        yield (
            ~np.isfinite(column.values),
            lambda value: Problem("wrong_type", f"expected {field.type}, got {value}"),
        )
    if field.min is not None:
        low, least = column.values < field.min, field.min
        yield low & present, lambda value: Problem("out_of_range", f"expected >= {least:g}, got {value:g}")
    if field.max is not None:
        high, most = column.values > field.max, field.max
        yield high & present, lambda value: Problem("out_of_range", f"expected <= {most:g}, got {value:g}")
    if field.type == "decimal":
        digits = field.scale or 0
        yield (
            _is_finer(column.values, digits),
            lambda value: Problem(
                "out_of_range", f"expected at most {digits} digits after the point, got {value!r}"
            ),
        )


def _is_finer(values: np.ndarray, digits: int) -> np.ndarray:
    # A decimal read as binary is off by at most half a unit in the last place, and so is its multiple.
    scaled = values * 10.0**digits
    with np.errstate(invalid="ignore"):
        return np.abs(scaled - np.rint(scaled)) > np.maximum(np.abs(scaled), 1.0) * 1e-14

"""The functions of windows: from sums, extremes and last values to one column of doubles a spec, as in SQL.

A NULL is NaN. `FUNCTIONS` has the same names as the table of `state.window_sql`, and each function the same formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from state.sliding.aggregates.latest import NEVER
from state.sliding.aggregates.limbs import join
from state.sliding.codes import to_doubles
from state.sliding.plan import Extreme, Form, Quantity, Selection, SlidingPlan, extreme, selection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.aggregates.latest import Dated
    from state.sliding.aggregates.totals import Totals
    from state.window_sql import WindowSpec

    Doubles: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class WindowedBatch:
    """Findings of the aggregates for each row of a batch, by key.

    Attributes:
        plan: the windows.
        times: event times.
        totals: columns of the totals.
        totals_at: totals ``(m, width)`` by offset in milliseconds, 0 among them.
        maxima: codes by extreme value and window.
        distinct: counts by selection and window.
        last: last values by selection.
        previous: previous times by field; None: the event time.
        own_times: values of these fields of each row itself.
    """

    plan: SlidingPlan
    times: NDArray[np.int64]
    totals: Totals | None
    totals_at: Mapping[int, NDArray[np.int64]]
    maxima: Mapping[tuple[Extreme, int], NDArray[np.int64]]
    distinct: Mapping[tuple[Selection, int], NDArray[np.int64]]
    last: Mapping[Selection, Dated]
    previous: Mapping[str | None, Dated]
    own_times: Mapping[str | None, NDArray[np.int64]]
    _differences: dict[tuple[int, int], NDArray[np.int64]] = field(default_factory=dict)
    _sums: dict[tuple[Quantity, int, int], Doubles] = field(default_factory=dict)

    def answer(self, spec: WindowSpec) -> Doubles:
        """Return the column of a spec."""
        return FUNCTIONS[spec.function](self, spec)

    def rows_in(self, spec: WindowSpec) -> Doubles:
        """Return how many rows of its selection are in the window of each row."""
        return self._once(spec, "count", self._rows_in)

    def sum_in(self, spec: WindowSpec) -> Doubles:
        """Return the sum of the source over the window; in whole numbers if they are exact, else in its own unit."""
        return self._once(spec, "sum", self._sum_in)

    def squares_in(self, spec: WindowSpec) -> Doubles:
        """Return the sum of the squares of what `sum_in` sums."""
        return join(self._parts_in(spec, "squares"), len(self.times))

    def unit(self, spec: WindowSpec) -> float:
        """Return the divisor that turns a sum into the unit of its source."""
        return float(10 ** (self.plan.scale(spec.source) or 0))

    def _once(self, spec: WindowSpec, form: Form, compute: Callable[[WindowSpec], Doubles]) -> Doubles:
        key = (Quantity(selection(spec), form), spec.window_s, spec.delay_s)
        if key not in self._sums:
            self._sums[key] = compute(spec)
        return self._sums[key]

    def _rows_in(self, spec: WindowSpec) -> Doubles:
        left_out = self._parts_in(spec, "count").get(0)
        rows = self._difference(spec)[:, 0]
        return (rows if left_out is None else rows - left_out).astype(np.float64)

    def _sum_in(self, spec: WindowSpec) -> Doubles:
        parts = self._parts_in(spec, "sum")
        if self.plan.scale(spec.source) is not None and parts.keys() == {0}:
            return parts[0].astype(np.float64)
        return join(parts, len(self.times))

    def _parts_in(self, spec: WindowSpec, form: Form) -> dict[int, NDArray[np.int64]]:
        """Return the sum of a quantity's parts in the window of each row."""
        parts = {} if self.totals is None else self.totals.parts[Quantity(selection(spec), form)]
        return {part: self._difference(spec)[:, column] for part, column in parts.items()}

    def _difference(self, spec: WindowSpec) -> NDArray[np.int64]:
        """Return the share of each row's window in all totals, ``(m, width)``."""
        window = (1000 * spec.delay_s, 1000 * (spec.delay_s + spec.window_s))
        if window not in self._differences:
            end, start = window
            self._differences[window] = self.totals_at[end] - self.totals_at[start]
        return self._differences[window]


def _count(found: WindowedBatch, spec: WindowSpec) -> Doubles:
    return found.rows_in(spec)


def _rate(found: WindowedBatch, spec: WindowSpec) -> Doubles:
    return found.rows_in(spec) / spec.window_s


def _guarded(spec: WindowSpec, is_known: NDArray[np.bool_], values: Doubles) -> Doubles:
    """Return the values where they are known, elsewhere the spec's value for an empty window."""
    return values if is_known.all() else np.where(is_known, values, np.nan if spec.empty is None else spec.empty)


def _sum(found: WindowedBatch, spec: WindowSpec) -> Doubles:
    return _guarded(spec, found.rows_in(spec) > 0, found.sum_in(spec) / found.unit(spec))


def _avg(found: WindowedBatch, spec: WindowSpec) -> Doubles:
    rows = found.rows_in(spec)
    return _guarded(spec, rows > 0, found.sum_in(spec) / found.unit(spec) / np.maximum(rows, 1.0))


def _stddev(found: WindowedBatch, spec: WindowSpec) -> Doubles:
    rows = found.rows_in(spec)
    count, total = np.maximum(rows, 2.0), found.sum_in(spec)
    with np.errstate(over="ignore", invalid="ignore"):
        variance = (count * found.squares_in(spec) - total * total) / (count * (count - 1))
        deviation = np.sqrt(np.maximum(variance, 0.0)) / found.unit(spec)
    return _guarded(spec, rows > 1, deviation)


def _extreme(found: WindowedBatch, spec: WindowSpec) -> Doubles:
    codes = found.maxima[extreme(spec), 1000 * spec.window_s]
    # The smallest of codes is the largest of their complements.
    return _guarded(spec, found.rows_in(spec) > 0, _doubles(found, spec, ~codes if spec.function == "min" else codes))


def _last(found: WindowedBatch, spec: WindowSpec) -> Doubles:
    last = found.last[selection(spec)]
    return _guarded(spec, last.times > found.times - 1000 * spec.window_s, _doubles(found, spec, last.values))


def _distinct(found: WindowedBatch, spec: WindowSpec) -> Doubles:
    return found.distinct[selection(spec), 1000 * spec.window_s].astype(np.float64)


def _previous_time(found: WindowedBatch, spec: WindowSpec) -> Doubles:
    source, window_ms = found.plan.previous_source(spec), 1000 * spec.window_s
    previous, own = found.previous[source], found.own_times[source]
    is_recent = (previous.times > found.times - window_ms) & (own - previous.values < window_ms)
    is_recent &= (previous.values != NEVER) & (own != NEVER)
    return np.where(is_recent, previous.values.astype(np.float64), np.nan)


def _doubles(found: WindowedBatch, spec: WindowSpec, codes: NDArray[np.int64]) -> Doubles:
    return to_doubles(codes, is_integer=found.plan.is_integer(spec.source or ""))


FUNCTIONS: dict[str, Callable[[WindowedBatch, WindowSpec], Doubles]] = {
    "count": _count,
    "rate": _rate,
    "sum": _sum,
    "avg": _avg,
    "stddev": _stddev,
    "min": _extreme,
    "max": _extreme,
    "last": _last,
    "distinct": _distinct,
    "previous_time": _previous_time,
}

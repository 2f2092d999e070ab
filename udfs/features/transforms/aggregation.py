"""Aggregates over the recent events of a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from state.sliding.filters.one_condition import stray_part
from state.window_sql import WindowSpec
from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import ANY, output_of, resolve_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix

FUNCTIONS = ("sum", "count", "avg", "min", "max", "stddev", "distinct", "last", "rate")
SOURCELESS = ("count", "rate")
DELAYABLE = ("sum", "count", "avg", "rate", "stddev")  # these can subtract rows that have left the window
COUNTING = ("count", "distinct", "rate")  # these are zero, not unknown, in an empty window
MAX_WINDOW_S = 365 * 86_400
_ADDABLE = ("long", "double", "decimal")
_SOURCE_TYPES = {"count": ANY, "rate": ANY, "distinct": ANY, "last": (*_ADDABLE, "boolean")}


@dataclass(frozen=True)
class Aggregation(Feature):
    """One number about the events of the same key in ``(t - delay - window, t - delay]``.

    The window stage computes it upstream over keyed state; the transform copies its column.
    """

    type: ClassVar[str] = "aggregation"
    null_rule: ClassVar[str] = "no events in the window -> empty, else NaN; count, distinct and rate -> 0"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("function", "One of sum, count, avg, min, max, stddev, distinct, last, rate."),
        Parameter("key", "Field whose equal values belong together."),
        Parameter("window", "Length of the window, 1s to 365d."),
        Parameter(
            "delay",
            "How long ago the window ends, up to 365d; for labels that come late. Not with min, max, distinct, last.",
            "0s",
        ),
        Parameter("filter", "SQL condition on event fields; only rows that meet it count.", "none"),
        Parameter("empty", "Value where the window holds no row; 0 for count, distinct and rate.", "none"),
    )
    example: ClassVar[Mapping[str, object]] = {
        "source": "amount",
        "parameters": {"function": "avg", "key": "country", "window": "1d"},
    }

    function: str
    aggregated: str | None
    key: str
    window_s: int
    delay_s: int
    filter: str | None
    empty: float | None

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Aggregation:
        """Require `function`, `key` and `window`; accept `delay` (0s), `filter` and `empty`."""
        parameters = Parameters(spec, cls.accepts)
        function = parameters.choice("function", FUNCTIONS)
        if spec.source is None and function not in SOURCELESS:
            parameters.refuse(f"source: the field to take the {function} of", None, "add source: FIELD")
        types = _SOURCE_TYPES.get(function, _ADDABLE)
        output = output_of(spec)
        return cls(
            (output,),
            (output,),
            function,
            None if spec.source is None else resolve_column(spec, spec.source, fields, types),
            resolve_column(spec, parameters.text("key"), fields, ANY),
            checked_window_s(parameters),
            _checked_delay_s(parameters, function),
            _checked_filter(parameters, fields) if "filter" in parameters else None,
            parameters.number("empty") if "empty" in parameters else 0.0 if function in COUNTING else None,
        )

    @property
    def window(self) -> WindowSpec:
        """The aggregate for the window stage, which computes it into a column of the feature's name."""
        return WindowSpec(
            name=self.columns[0],
            function=self.function,
            source=self.aggregated,
            key=self.key,
            window_s=self.window_s,
            delay_s=self.delay_s,
            filter=self.filter,
            empty=self.empty,
        )

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Copy the aggregate."""
        values = columns[self.inputs[0]]
        out[:, 0] = values
        if self.empty is not None and values.dtype.kind == "f":
            np.copyto(out[:, 0], self.empty, where=np.isnan(values))

    def formula(self, position: int) -> str:
        """Return the aggregate in words."""
        del position
        from conf.types.durations import format_duration

        until = f"t - {format_duration(self.delay_s * 1000)}" if self.delay_s else "t"
        span = f"({until} - {format_duration(self.window_s * 1000)}, {until}]"
        where = f" where {self.filter}" if self.filter else ""
        return f"{self.function}({self.aggregated or '*'}) of the same {self.key} in {span}{where}"


def checked_window_s(parameters: Parameters, default: str | None = None) -> int:
    """Read `window`: whole seconds, from one second to a year."""
    window_s = parameters.seconds("window", default)
    if not 1 <= window_s <= MAX_WINDOW_S:
        parameters.refuse("window in 1s..365d", f"{window_s}s", "state is kept for the whole window")
    return window_s


def _checked_filter(parameters: Parameters, fields: Mapping[str, FieldSettings]) -> str:
    found = parameters.text("filter").strip()
    stray = stray_part(found, fields)
    if stray:
        parameters.refuse("filter: one SQL condition on event fields", found, f"it has {stray}")
    return found


def _checked_delay_s(parameters: Parameters, function: str) -> int:
    delay_s = parameters.seconds("delay", "0s")
    if delay_s > MAX_WINDOW_S:
        parameters.refuse("delay in 0s..365d", f"{delay_s}s", "state is kept for the whole delay")
    if delay_s and function not in DELAYABLE:
        hint = f"min/max/distinct/last cannot be delayed: use one of {', '.join(DELAYABLE)}, or drop the delay"
        parameters.refuse("a function that can be delayed", function, hint)
    return delay_s

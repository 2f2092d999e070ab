"""Time since the key's previous event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from state.window_sql import WindowSpec
from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import ANY, output_of, resolve_column, resolve_time
from udfs.features.transforms.aggregation import checked_window_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class TimeSinceLast(Feature):
    """Seconds since the previous event of the same key.

    The window stage provides that event's time (function `previous_time`), in epoch milliseconds.
    """

    type: ClassVar[str] = "time_since_last"
    null_rule: ClassVar[str] = "no earlier event of the key in the window -> NaN"
    reads_time: ClassVar[bool] = True
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("key", "Field whose equal values belong together."),
        Parameter("window", "How far back to look, 1s to 365d.", "30d"),
    )
    example: ClassVar[Mapping[str, object]] = {"parameters": {"key": "country"}}

    key: str
    window_s: int

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> TimeSinceLast:
        """Require `key`; accept `window` (30d), after which a key counts as never seen."""
        parameters = Parameters(spec, cls.accepts)
        output = output_of(spec)
        return cls(
            (output,),
            (resolve_time(spec, fields), f"{output}_PREVIOUS_TIME"),
            resolve_column(spec, parameters.text("key"), fields, ANY),
            checked_window_s(parameters, "30d"),
        )

    @property
    def window(self) -> WindowSpec:
        """The previous event's time, which the window stage provides."""
        return WindowSpec(
            name=self.inputs[1],
            function="previous_time",
            source=self.inputs[0],
            key=self.key,
            window_s=self.window_s,
        )

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Subtract the previous event's time."""
        elapsed_ms = np.subtract(columns[self.inputs[0]], columns[self.inputs[1]], dtype=np.float64)
        np.divide(elapsed_ms, 1000.0, out=out[:, 0])

    def formula(self, position: int) -> str:
        """Return the subtraction in words."""
        del position
        return f"{self.inputs[0]} - that of the previous event of the same {self.key}, in seconds"

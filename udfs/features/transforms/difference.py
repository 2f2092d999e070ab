"""One number less another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import NUMERIC, TIME, output_of, resolve_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class Difference(Feature):
    """``minuend - subtrahend``; between two instants, in seconds."""

    type: ClassVar[str] = "difference"
    null_rule: ClassVar[str] = "either null -> NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("minuend", "Number or time that the other is taken from."),
        Parameter("subtrahend", "Field of the same kind that is taken from it."),
        Parameter("absolute", "Whether the sign is dropped.", "false"),
    )
    example: ClassVar[Mapping[str, object]] = {"parameters": {"minuend": "at", "subtrahend": "seen"}}

    absolute: bool
    is_time: bool

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Difference:
        """Require `minuend` and `subtrahend`, both numbers or both instants; accept `absolute` (false)."""
        parameters = Parameters(spec, cls.accepts)
        first = resolve_column(spec, parameters.text("minuend"), fields, (*NUMERIC, *TIME))
        is_time = fields[first].type == "timestamp"
        second = resolve_column(spec, parameters.text("subtrahend"), fields, TIME if is_time else NUMERIC)
        return cls((output_of(spec),), (first, second), parameters.flag("absolute", default=False), is_time)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Subtract."""
        distance = np.subtract(columns[self.inputs[0]], columns[self.inputs[1]], dtype=np.float64)
        if self.absolute:
            np.absolute(distance, out=distance)
        np.divide(distance, 1000.0 if self.is_time else 1.0, out=out[:, 0])

    def formula(self, position: int) -> str:
        """Return the subtraction and its unit."""
        del position
        text = f"{self.inputs[0]} - {self.inputs[1]}"
        return (f"abs({text})" if self.absolute else text) + (" in seconds" if self.is_time else "")

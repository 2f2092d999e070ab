"""Values held within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import NUMERIC, output_of, resolve_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class Clip(Feature):
    """A number held within bounds, against outliers a model never saw."""

    type: ClassVar[str] = "clip"
    null_rule: ClassVar[str] = "null -> NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("min", "Smallest value.", "either or both"),
        Parameter("max", "Largest value; over `min`.", "either or both"),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "amount", "parameters": {"min": 0, "max": 500}}

    low: float | None
    high: float | None

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Clip:
        """Require `min`, `max` or both."""
        parameters = Parameters(spec, cls.accepts)
        low, high = parameters.optional_number("min"), parameters.optional_number("max")
        if low is None and high is None:
            parameters.refuse("min, max or both", None, "without bounds use type numerical")
        if low is not None and high is not None and low >= high:
            parameters.refuse(f"max > min = {low:g}", high, "swap them, or use a constant")
        return cls((output_of(spec),), (resolve_source(spec, fields, NUMERIC),), low, high)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Hold the column within its bounds."""
        values = columns[self.inputs[0]]
        target = out[:, 0]
        if self.low is None:
            np.minimum(values, self.high, out=target, dtype=np.float64)  # type: ignore[arg-type]
        elif self.high is None:
            np.maximum(values, self.low, out=target, dtype=np.float64)
        else:
            np.minimum(np.maximum(values, self.low, dtype=np.float64), self.high, out=target)

    def formula(self, position: int) -> str:
        """Return the bounds."""
        del position
        low = "-inf" if self.low is None else f"{self.low:g}"
        high = "inf" if self.high is None else f"{self.high:g}"
        return f"clip({self.inputs[0]}, {low}, {high})"

"""Min-max scaling with fixed bounds."""

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
class Normalize(Feature):
    """``(x - min) / (max - min)``, optionally clipped to 0 and 1."""

    type: ClassVar[str] = "normalize"
    null_rule: ClassVar[str] = "null -> NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("min", "Value that becomes 0."),
        Parameter("max", "Value that becomes 1; over `min`."),
        Parameter("clip", "Whether results are held within 0 and 1.", "false"),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "amount", "parameters": {"min": 0, "max": 100}}

    low: float
    high: float
    clip: bool

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Normalize:
        """Require `min` < `max`; accept `clip` (false)."""
        parameters = Parameters(spec, cls.accepts)
        low, high = parameters.number("min"), parameters.number("max")
        if not low < high:
            parameters.refuse(f"max > min = {low:g}", high, "take both from the training data")
        source = resolve_source(spec, fields, NUMERIC)
        return cls((output_of(spec),), (source,), low, high, parameters.flag("clip", default=False))

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Scale the column."""
        target = out[:, 0]
        shifted = np.subtract(columns[self.inputs[0]], self.low, dtype=np.float64)
        np.divide(shifted, self.high - self.low, out=target)
        if self.clip:
            np.maximum(target, 0.0, out=target)
            np.minimum(target, 1.0, out=target)

    def formula(self, position: int) -> str:
        """Return the scaling with its bounds."""
        del position
        scaled = f"({self.inputs[0]} - {self.low:g}) / {self.high - self.low:g}"
        return f"clip({scaled}, 0, 1)" if self.clip else scaled

"""Positions on a circle."""

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
class Cyclic(Feature):
    """Sine and cosine of a number that repeats, so that its end lies next to its beginning."""

    type: ClassVar[str] = "cyclic"
    null_rule: ClassVar[str] = "null -> NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("period", "Length of one round, over 0: 360 for degrees."),
        Parameter("start", "Value at angle zero.", "0"),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "visits", "parameters": {"period": 7}}

    period: float
    start: float

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Cyclic:
        """Require a positive `period`; accept `start` (0), the value at angle zero."""
        parameters = Parameters(spec, cls.accepts)
        period = parameters.number("period")
        if period <= 0:
            parameters.refuse("period > 0", period, "give the length of one round: 360 for degrees")
        stem = output_of(spec)
        source = resolve_source(spec, fields, NUMERIC)
        return cls((f"{stem}_sin", f"{stem}_cos"), (source,), period, parameters.number("start", 0.0))

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Place each value on the unit circle."""
        rounds = np.subtract(columns[self.inputs[0]], self.start, dtype=np.float64)
        angles = np.multiply(np.remainder(rounds, self.period), 2.0 * np.pi / self.period)
        np.sin(angles, out=out[:, 0])
        np.cos(angles, out=out[:, 1])

    def formula(self, position: int) -> str:
        """Return the angle."""
        shifted = f"({self.inputs[0]} - {self.start:g})" if self.start else self.inputs[0]
        return f"{('sin', 'cos')[position]}(2 pi {shifted} / {self.period:g})"

"""One number divided by another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import NUMERIC, output_of, resolve_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class Ratio(Feature):
    """``numerator / denominator``, such as an amount over the customer's usual one."""

    type: ClassVar[str] = "ratio"
    null_rule: ClassVar[str] = "a null or a zero denominator -> default, else NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("numerator", "Field that is divided."),
        Parameter("denominator", "Field it is divided by."),
        Parameter("default", "Number where there is no ratio.", "none"),
    )
    example: ClassVar[Mapping[str, object]] = {"parameters": {"numerator": "amount", "denominator": "visits"}}

    default: float | None

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Ratio:
        """Require `numerator` and `denominator`; accept `default`."""
        parameters = Parameters(spec, cls.accepts)
        names = (parameters.text("numerator"), parameters.text("denominator"))
        inputs = tuple(resolve_column(spec, name, fields, NUMERIC) for name in names)
        return cls((output_of(spec),), inputs, parameters.optional_number("default"))

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Divide where the denominator is not zero."""
        above, below = columns[self.inputs[0]], columns[self.inputs[1]]
        target = out[:, 0]
        target.fill(np.nan)
        np.divide(above, below, out=target, where=np.not_equal(below, 0), dtype=np.float64)
        if self.default is not None:
            np.copyto(target, self.default, where=np.isnan(target))

    def formula(self, position: int) -> str:
        """Return the division."""
        del position
        return f"{self.inputs[0]} / {self.inputs[1]}"

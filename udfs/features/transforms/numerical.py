"""An unchanged number."""

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
class Numerical(Feature):
    """An unchanged number, with a default for an absent one."""

    type: ClassVar[str] = "numerical"
    null_rule: ClassVar[str] = "null -> default, else NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (Parameter("default", "Number where the field is null.", "none"),)
    example: ClassVar[Mapping[str, object]] = {"source": "amount", "parameters": {"default": 0}}

    default: float | None

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Numerical:
        """Accept an optional `default`."""
        parameters = Parameters(spec, cls.accepts)
        source = resolve_source(spec, fields, NUMERIC)
        return cls((output_of(spec),), (source,), parameters.optional_number("default"))

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Copy the column."""
        values = columns[self.inputs[0]]
        out[:, 0] = values
        if self.default is not None and values.dtype.kind == "f":
            np.copyto(out[:, 0], self.default, where=np.isnan(values))

    def formula(self, position: int) -> str:
        """Return the column's name."""
        del position
        return self.inputs[0] if self.default is None else f"{self.inputs[0]}, else {self.default:g}"

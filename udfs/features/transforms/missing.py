"""Marks for absent values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import ANY, output_of, resolve_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class Missing(Feature):
    """1 where a value is absent, else 0: absence often means something."""

    type: ClassVar[str] = "missing"
    null_rule: ClassVar[str] = "null -> 1"
    accepts: ClassVar[tuple[Parameter, ...]] = ()
    example: ClassVar[Mapping[str, object]] = {"source": "amount"}

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Missing:
        """Accept a column of any type and no parameters."""
        Parameters(spec, cls.accepts)
        return cls((output_of(spec),), (resolve_source(spec, fields, ANY),))

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Mark absent values."""
        values = columns[self.inputs[0]]
        if values.dtype.kind == "f":
            out[:, 0] = np.isnan(values)
        elif values.dtype.kind == "O":
            out[:, 0] = np.equal(values, None)  # type: ignore[call-overload]
        else:
            out[:, 0] = 0.0

    def formula(self, position: int) -> str:
        """Return the test."""
        del position
        return f"1 if {self.inputs[0]} is null else 0"

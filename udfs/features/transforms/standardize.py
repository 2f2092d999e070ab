"""Z-scores with a fixed mean and standard deviation."""

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
class Standardize(Feature):
    """``(x - mean) / stddev``."""

    type: ClassVar[str] = "standardize"
    null_rule: ClassVar[str] = "null -> NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "Mean of the training data."),
        Parameter("stddev", "Its standard deviation; over 0."),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "amount", "parameters": {"mean": 40, "stddev": 12}}

    mean: float
    stddev: float

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Standardize:
        """Require `mean` and a positive `stddev`."""
        parameters = Parameters(spec, cls.accepts)
        mean, stddev = parameters.number("mean"), parameters.number("stddev")
        if stddev <= 0:
            parameters.refuse("stddev > 0", stddev, "take it from the training data; drop a constant column")
        source = resolve_source(spec, fields, NUMERIC)
        return cls((output_of(spec),), (source,), mean, stddev)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Scale the column."""
        centred = np.subtract(columns[self.inputs[0]], self.mean, dtype=np.float64)
        np.divide(centred, self.stddev, out=out[:, 0])

    def formula(self, position: int) -> str:
        """Return the scaling with its constants."""
        del position
        return f"({self.inputs[0]} - {self.mean:g}) / {self.stddev:g}"

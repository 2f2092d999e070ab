"""Products of numbers."""

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
class Interaction(Feature):
    """The product of two or more numbers, for models that cannot multiply."""

    type: ClassVar[str] = "interaction"
    null_rule: ClassVar[str] = "any null -> NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (Parameter("sources", "Two fields or more."),)
    example: ClassVar[Mapping[str, object]] = {"parameters": {"sources": ["amount", "visits"]}}

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Interaction:
        """Require `sources`, two columns or more."""
        names = Parameters(spec, cls.accepts).items("sources", least=2)
        inputs = tuple(resolve_column(spec, name, fields, NUMERIC) for name in names)
        return cls((output_of(spec),), inputs)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Multiply."""
        product = np.multiply(columns[self.inputs[0]], columns[self.inputs[1]], dtype=np.float64)
        for name in self.inputs[2:]:
            np.multiply(product, columns[name], out=product)
        out[:, 0] = product

    def formula(self, position: int) -> str:
        """Return the product."""
        del position
        return " * ".join(self.inputs)

"""The rank of a value within the training data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import NUMERIC, output_of, resolve_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class Quantile(Feature):
    """The share of the training data below a value, 0 to 1, between evenly spaced reference quantiles.

    A value at several equal quantiles gets the middle of their ranks; the ends get 0 and 1.

    Source: scikit-learn's QuantileTransformer with a uniform output.
    """

    type: ClassVar[str] = "quantile"
    null_rule: ClassVar[str] = "null -> NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "quantiles",
            "Training values at evenly spaced ranks, in rising order, minimum and maximum included.",
        ),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "amount", "parameters": {"quantiles": [0, 5, 20, 400]}}

    quantiles: tuple[float, ...]

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Quantile:
        """Require `quantiles`: values at ranks 0, 1/(k-1), ..., 1."""
        parameters = Parameters(spec, cls.accepts)
        quantiles = parameters.numbers("quantiles", least=2)
        if any(left > right for left, right in pairwise(quantiles)) or quantiles[0] == quantiles[-1]:
            hint = "sort them: training values at evenly spaced ranks, minimum and maximum included"
            parameters.refuse("quantiles in rising order", list(quantiles), hint)
        return cls((output_of(spec),), (resolve_source(spec, fields, NUMERIC),), quantiles)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Rank the column; the mean of both directions centres ties."""
        values = np.asarray(columns[self.inputs[0]], np.float64)
        edges, ranks, edges_down, ranks_down = self._curve
        rising = np.interp(values, edges, ranks)
        falling = np.interp(-values, edges_down, ranks_down)
        target = out[:, 0]
        np.multiply(rising - falling, 0.5, out=target)
        np.copyto(target, 0.0, where=values <= edges[0])
        np.copyto(target, 1.0, where=values >= edges[-1])

    def formula(self, position: int) -> str:
        """Return the quantiles that rank a value, in words."""
        del position
        return f"rank of {self.inputs[0]} among {len(self.quantiles)} quantiles"

    @cached_property
    def _curve(self) -> tuple[NDArray[np.float64], ...]:
        edges = np.asarray(self.quantiles)
        ranks = np.linspace(0.0, 1.0, len(edges))
        return edges, ranks, -edges[::-1], -ranks[::-1]

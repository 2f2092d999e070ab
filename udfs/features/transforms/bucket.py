"""Numbers cut into bins."""

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
class Bucket(Feature):
    """The number of boundaries at or below a value, as `numpy.digitize` counts; or one column a bin."""

    type: ClassVar[str] = "bucket"
    null_rule: ClassVar[str] = "null -> NaN; one-hot: all zeros"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("boundaries", "Edges between bins, in rising order; an edge belongs to the bin above it."),
        Parameter("onehot", "Whether each bin gets a column of its own.", "false"),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "amount", "parameters": {"boundaries": [10, 50]}}

    boundaries: tuple[float, ...]
    onehot: bool

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Bucket:
        """Require rising `boundaries`; accept `onehot` (false)."""
        parameters = Parameters(spec, cls.accepts)
        boundaries = parameters.numbers("boundaries")
        if any(left >= right for left, right in pairwise(boundaries)):
            parameters.refuse("boundaries in rising order", list(boundaries), "sort them, each one once")
        onehot = parameters.flag("onehot", default=False)
        stem = output_of(spec)
        names = tuple(f"{stem}_{bin_}" for bin_ in range(len(boundaries) + 1)) if onehot else (stem,)
        return cls(names, (resolve_source(spec, fields, NUMERIC),), boundaries, onehot)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Find the bin of each value."""
        values = columns[self.inputs[0]]
        bins = np.searchsorted(self._edges, values, side="right")
        absent = np.isnan(values) if values.dtype.kind == "f" else None
        if self.onehot:
            if absent is not None:
                bins[absent] = -1
            np.equal(bins[:, None], self._places, out=out)
            return
        out[:, 0] = bins
        if absent is not None:
            np.copyto(out[:, 0], np.nan, where=absent)

    def formula(self, position: int) -> str:
        """Return the bin's range, or how bins are counted."""
        if not self.onehot:
            return f"number of {len(self.boundaries)} boundaries <= {self.inputs[0]}"
        edges = ("-inf", *(f"{edge:g}" for edge in self.boundaries), "inf")
        return f"1 if {edges[position]} <= {self.inputs[0]} < {edges[position + 1]} else 0"

    @cached_property
    def _edges(self) -> NDArray[np.float64]:
        return np.asarray(self.boundaries)

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        return np.arange(len(self.columns))

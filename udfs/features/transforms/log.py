"""Logarithms of skewed amounts."""

from __future__ import annotations

import math
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
class Log(Feature):
    """``log(x + offset)``; with the default offset of 1 it keeps its precision near zero (log1p)."""

    type: ClassVar[str] = "log"
    null_rule: ClassVar[str] = "null -> NaN; x <= -offset -> NaN and counted"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("offset", "Added before the logarithm.", "1"),
        Parameter("base", "Base of the logarithm, over 0 and not 1; the natural one without it.", "none"),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "amount"}

    offset: float
    base: float | None

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Log:
        """Accept `offset` (1) and `base` (e)."""
        parameters = Parameters(spec, cls.accepts)
        base = parameters.optional_number("base")
        if base is not None and (base <= 0 or base == 1):
            parameters.refuse("base > 0 and not 1", base, "leave it out for the natural logarithm")
        source = resolve_source(spec, fields, NUMERIC)
        return cls((output_of(spec),), (source,), parameters.number("offset", 1.0), base)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Take the logarithm of values in its domain."""
        values = columns[self.inputs[0]]
        target = out[:, 0]
        target.fill(np.nan)
        is_valid = np.greater(values, -self.offset)
        if self.offset == 1.0 and self.base is None:
            np.log1p(values, out=target, where=is_valid, dtype=np.float64)
            return
        with_log = np.full(len(values), np.nan)
        if self.offset == 1.0:
            np.log1p(values, out=with_log, where=is_valid, dtype=np.float64)
        else:
            np.log(np.add(values, self.offset, dtype=np.float64), out=with_log, where=is_valid)
        np.divide(with_log, 1.0 if self.base is None else math.log(self.base), out=target)

    def count_out_of_domain(self, columns: Columns, out: Matrix) -> int:
        """Count values at or below ``-offset``."""
        return int(np.count_nonzero(np.less_equal(columns[self.inputs[0]], -self.offset)))

    def formula(self, position: int) -> str:
        """Return the logarithm."""
        del position
        base = "" if self.base is None else f" / log({self.base:g})"
        return f"log({self.inputs[0]} + {self.offset:g}){base}"

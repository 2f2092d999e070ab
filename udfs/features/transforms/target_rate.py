"""The outcome rate of a category, learned beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import DISCRETE, output_of, resolve_source
from udfs.features.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class TargetRate(Feature):
    """The outcome's rate among a category's training rows, pulled towards the overall rate if the rows are few.

    ``(hits + smoothing * prior) / (rows + smoothing)``. The table comes from training data alone; for rates that
    follow the stream, use an `aggregation` of the label with a delay.

    Source: D. Micci-Barreca, SIGKDD Explorations 3 (2001).
    """

    type: ClassVar[str] = "target_rate"
    null_rule: ClassVar[str] = "unseen or null -> prior"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("table", "Rate of each category in the training data, or its [hits, rows]."),
        Parameter("prior", "Rate over all training rows, 0 to 1."),
        Parameter(
            "smoothing",
            "Number of rows that the prior weighs as much as, for categories given as [hits, rows].",
            "0",
        ),
    )
    example: ClassVar[Mapping[str, object]] = {
        "source": "country",
        "parameters": {"table": {"FR": [1, 10], "DE": [0, 5]}, "prior": 0.1},
    }

    categories: Vocabulary
    rates: tuple[float, ...]
    prior: float
    smoothing: float

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> TargetRate:
        """Require `table` (category to rate, or to [hits, rows]) and `prior`; accept `smoothing` (0 rows)."""
        parameters = Parameters(spec, cls.accepts)
        source = resolve_source(spec, fields, DISCRETE)
        prior, smoothing = parameters.number("prior"), parameters.number("smoothing", 0.0)
        if not 0 <= prior <= 1:
            parameters.refuse("prior in 0..1", prior, "give the rate over all training rows")
        if smoothing < 0:
            parameters.refuse("smoothing >= 0 rows", smoothing, "0 leaves rates as they are")
        table = sorted(parameters.mapping("table").items(), key=lambda row: str(row[0]))
        kind = fields[source].type
        categories = Vocabulary.checked("table", tuple(key for key, _ in table), kind, parameters)
        rates = tuple(_rate(parameters, key, value, prior, smoothing) for key, value in table)
        return cls((output_of(spec),), (source,), categories, rates, prior, smoothing)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Look each category up."""
        out[:, 0] = self._lookup[self.categories.codes(columns[self.inputs[0]])]

    def formula(self, position: int) -> str:
        """Return the origin of the rates, in words."""
        del position
        return f"rate of {self.inputs[0]} among {len(self.rates)} categories, else {self.prior:g}"

    @cached_property
    def _lookup(self) -> NDArray[np.float64]:
        return np.asarray((*self.rates, self.prior, self.prior))


def _rate(parameters: Parameters, key: object, value: object, prior: float, smoothing: float) -> float:
    name = f"table[{key!r}]"
    if not isinstance(value, (list, tuple)):
        rate = parameters.as_number(name, value)
        if smoothing:
            parameters.refuse(f"{name}: [hits, rows], which smoothing needs", value, "or drop smoothing")
        hits, rows = rate, 1.0
    elif len(value) == 2:
        hits, rows = (parameters.as_number(name, item) for item in value)
    else:
        parameters.refuse(f"{name}: a rate or [hits, rows]", value, "give one of the two")
    if not 0 <= hits <= rows or rows == 0:
        parameters.refuse(f"{name}: a rate in 0..1 or 0 <= hits <= rows > 0", value, "correct the table")
    return (hits + smoothing * prior) / (rows + smoothing)

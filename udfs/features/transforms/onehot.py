"""Categories as one column each."""

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
class Onehot(Feature):
    """One 0/1 column for each category, and optionally one for all other values."""

    type: ClassVar[str] = "onehot"
    null_rule: ClassVar[str] = "unseen or null -> zeros, or 1 in the column `other`"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("categories", "Values that get a column each."),
        Parameter("other", "Whether all other values share one more column.", "false"),
    )
    example: ClassVar[Mapping[str, object]] = {
        "source": "country",
        "parameters": {"categories": ["FR", "DE"], "other": True},
    }

    categories: Vocabulary
    other: bool

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Onehot:
        """Require `categories`; accept `other` (false)."""
        parameters = Parameters(spec, cls.accepts)
        source = resolve_source(spec, fields, DISCRETE)
        items = parameters.items("categories")
        categories = Vocabulary.checked("categories", items, fields[source].type, parameters)
        other = parameters.flag("other", default=False)
        labels = (*categories.labels(), *(("other",) if other else ()))
        stem = output_of(spec)
        return cls(tuple(f"{stem}_{label}" for label in labels), (source,), categories, other)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Mark each row's category."""
        codes = self.categories.codes(columns[self.inputs[0]])
        if self.other:
            np.minimum(codes, len(self.categories), out=codes)
        np.equal(codes[:, None], self._places, out=out)

    def formula(self, position: int) -> str:
        """Return the value that the column marks."""
        if position == len(self.categories):
            return f"1 if {self.inputs[0]} is none of the {position} categories else 0"
        return f"1 if {self.inputs[0]} = {self.categories.labels()[position]} else 0"

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        return np.arange(len(self.columns))

"""Categories as integer codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.hashing import MAX_CODES, hash_column, to_buckets
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import ANY, DISCRETE, output_of, resolve_source
from udfs.features.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class Categorical(Feature):
    """An integer code: the place in a vocabulary of v values, or one of b hash buckets."""

    type: ClassVar[str] = "categorical"
    null_rule: ClassVar[str] = "vocabulary: unseen -> v, null -> v + 1; hash_buckets: null -> b"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("vocabulary", "Values with a code of their own, in the order of the codes.", "either"),
        Parameter(
            "hash_buckets",
            "Number of codes that values are hashed into; for sets of values that are not known.",
            "either",
        ),
        Parameter("seed", "Start of the hash; with `hash_buckets` only.", "0"),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "country", "parameters": {"vocabulary": ["FR", "DE"]}}

    vocabulary: Vocabulary | None
    hash_buckets: int
    seed: int
    kind: str

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Categorical:
        """Require `vocabulary` or `hash_buckets`; accept `seed` (0) with the latter."""
        parameters = Parameters(spec, cls.accepts)
        if ("vocabulary" in parameters) == ("hash_buckets" in parameters):
            got = "both" if "vocabulary" in parameters else "neither"
            parameters.refuse("either vocabulary or hash_buckets", got, "give exactly one of the two")
        if "hash_buckets" in parameters:
            source = resolve_source(spec, fields, ANY)
            buckets = parameters.integer("hash_buckets", low=1, high=MAX_CODES - 1)
            seed = parameters.integer("seed", 0, low=0, high=2**63 - 1)
            return cls((output_of(spec),), (source,), None, buckets, seed, fields[source].type)
        if "seed" in parameters:
            parameters.refuse("seed with hash_buckets only", "a vocabulary", "drop the seed")
        source = resolve_source(spec, fields, DISCRETE)
        kind = fields[source].type
        vocabulary = Vocabulary.checked("vocabulary", parameters.items("vocabulary"), kind, parameters)
        return cls((output_of(spec),), (source,), vocabulary, 0, 0, kind)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Encode the column."""
        column = columns[self.inputs[0]]
        out[:, 0] = self._hashed(column) if self.vocabulary is None else self.vocabulary.codes(column)

    def formula(self, position: int) -> str:
        """Return the origin of the codes, in words."""
        del position
        if self.vocabulary is None:
            return f"xxh64({self.inputs[0]}, {self.seed}) into 0..{self.hash_buckets - 1}"
        return f"place of {self.inputs[0]} among {len(self.vocabulary)} values"

    def _hashed(self, column: NDArray[np.generic]) -> NDArray[np.intp]:
        hashes, present = hash_column(column, self.kind, self.seed)
        return np.where(present, to_buckets(hashes, self.hash_buckets), self.hash_buckets)

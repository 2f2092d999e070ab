"""Values hashed into a fixed number of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.hashing import MAX_WIDTH, hash_column, to_buckets, to_signs
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import ANY, output_of, resolve_column, resolve_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class Hash(Feature):
    """One or more columns hashed into `buckets` columns: each value adds 1 (or, signed, +1 or -1) to its column.

    Values hash as ``column=value``, so equal values of different columns get different hashes.

    Source: Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009.
    """

    type: ClassVar[str] = "hash"
    null_rule: ClassVar[str] = "null -> adds nothing"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("buckets", "Number of columns."),
        Parameter("sources", "Fields that are hashed together.", "the source"),
        Parameter("seed", "Start of the hash: another one spreads values differently.", "0"),
        Parameter(
            "signed",
            "Whether a bit of the hash gives the sign, so that collisions cancel out on average.",
            "false",
        ),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "country", "parameters": {"buckets": 4}}

    buckets: int
    seed: int
    signed: bool
    kinds: tuple[str, ...]

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Hash:
        """Require `buckets`; accept `sources` (the source), `seed` (0) and `signed` (false)."""
        parameters = Parameters(spec, cls.accepts)
        if "sources" in parameters:
            names = parameters.items("sources")
            inputs = tuple(dict.fromkeys(resolve_column(spec, name, fields, ANY) for name in names))
        else:
            inputs = (resolve_source(spec, fields, ANY),)
        buckets = parameters.integer("buckets", low=2, high=MAX_WIDTH)
        return cls(
            tuple(f"{output_of(spec)}_{bucket}" for bucket in range(buckets)),
            inputs,
            buckets,
            parameters.integer("seed", 0, low=0, high=2**63 - 1),
            parameters.flag("signed", default=False),
            tuple(fields[name].type for name in inputs),
        )

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Add each value to its bucket."""
        out.fill(0.0)
        rows = np.arange(len(out))
        for name, kind in zip(self.inputs, self.kinds, strict=True):
            hashes, present = hash_column(columns[name], kind, self.seed, prefix=f"{name}=")
            added = to_signs(hashes) * present if self.signed else present
            out[rows, to_buckets(hashes, self.buckets)] += added

    def formula(self, position: int) -> str:
        """Return the sum that the column holds."""
        weight = "sign" if self.signed else "1"
        read = ", ".join(self.inputs)
        return f"sum of {weight} over {read} where xxh64 falls into {position} of {self.buckets}"

"""Learned vectors of categories."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from udfs.features.embedding_table import read_embedding_table
from udfs.features.feature import Feature
from udfs.features.hashing import MAX_WIDTH
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import DISCRETE, output_of, resolve_source
from udfs.features.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class Embedding(Feature):
    """The vector of a category, looked up in a table from training; `digest` is the table's identity."""

    type: ClassVar[str] = "embedding"
    null_rule: ClassVar[str] = "unseen or null -> default in every column"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("table", "Vector of each category, all of one length.", "either"),
        Parameter("path", "File with them instead, .npz or .parquet.", "either"),
        Parameter("default", "Number in every column for a category without a vector.", "0"),
    )
    example: ClassVar[Mapping[str, object]] = {
        "source": "country",
        "parameters": {"table": {"FR": [1, 2], "DE": [3, 4]}},
    }

    digest: str
    default: float
    categories: Vocabulary = field(compare=False, repr=False)
    vectors: NDArray[np.float64] = field(compare=False, repr=False)  # (len(categories) + 2, width)

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Embedding:
        """Require `table` ({key: vector}) or `path` (.npz, .parquet); accept `default` (0)."""
        parameters = Parameters(spec, cls.accepts)
        source = resolve_source(spec, fields, DISCRETE)
        keys, rows = _read(parameters)
        categories = Vocabulary.checked("embedding keys", tuple(keys), fields[source].type, parameters)
        vectors = _checked_vectors(parameters, len(keys), rows)
        order = sorted(range(len(keys)), key=lambda place: str(categories.values[place]))
        digest = hashlib.sha256(repr([categories.values[place] for place in order]).encode())
        digest.update(vectors[order].astype("<f8").tobytes())
        default = parameters.number("default", 0.0)
        return cls(
            tuple(f"{output_of(spec)}_{position}" for position in range(vectors.shape[1])),
            (source,),
            digest.hexdigest(),
            default,
            categories,
            np.vstack([vectors, np.full((2, vectors.shape[1]), default)]),
        )

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Look each category up."""
        out[...] = self.vectors[self.categories.codes(columns[self.inputs[0]])]

    def formula(self, position: int) -> str:
        """Return the dimension that the column holds, in words."""
        return f"dimension {position} of the vector of {self.inputs[0]} ({len(self.categories)} vectors)"


def _read(parameters: Parameters) -> tuple[list[object], Any]:
    if ("table" in parameters) == ("path" in parameters):
        got = "both" if "table" in parameters else "neither"
        parameters.refuse("either table or path", got, "give exactly one of the two")
    if "table" in parameters:
        table = parameters.mapping("table")
        return list(table), list(table.values())
    path = parameters.text("path")
    try:
        return read_embedding_table(Path(path))
    except (OSError, ValueError) as error:
        parameters.refuse(f"path: a readable embedding table ({error})", path, "correct the file")


def _checked_vectors(parameters: Parameters, keys: int, rows: Any) -> NDArray[np.float64]:
    hint = "give each key a vector of the same length"
    try:
        vectors = np.asarray(rows, dtype=np.float64)
    except (TypeError, ValueError):
        parameters.refuse("embedding vectors: numbers of one width", rows, hint)
    if vectors.ndim != 2 or len(vectors) != keys or not 1 <= vectors.shape[1] <= MAX_WIDTH or keys == 0:
        expected = f"embedding vectors: ({keys}, 1..{MAX_WIDTH})"
        parameters.refuse(expected, vectors.shape, hint)
    if not np.isfinite(vectors).all():
        parameters.refuse("embedding vectors: finite numbers", "NaN or infinity", "drop those keys")
    return vectors + 0.0

"""Features that ``gress features export`` wrote, and fields of the events beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ExportedRows:
    """Rows of an export.

    Attributes:
        features: as a model sees them, float32 ``(n, k)``.
        columns: names of the k columns.
        table: all columns of the export.
        feature_set: name of the feature set.
        feature_set_hash: its hash.
    """

    features: NDArray[np.float32]
    columns: tuple[str, ...]
    table: pa.Table
    feature_set: str
    feature_set_hash: str


def read_export(path: Path, *, order: Sequence[str] = ()) -> ExportedRows:
    """Read an export.

    Args:
        path: its Parquet file.
        order: fields by which rows are put in order, so that equal events give an equal model; default as they are.

    Raises:
        ValueError: the file does not name its feature set.
    """
    from pyarrow import parquet

    table = parquet.read_table(path)
    if order:
        table = table.sort_by([(name, "ascending") for name in order])
    metadata = table.schema.metadata or {}
    try:
        columns = tuple(json.loads(metadata[b"gress.feature_columns"]))
        name, digest = (metadata[key].decode() for key in (b"gress.feature_set", b"gress.feature_set_hash"))
    except KeyError as error:
        msg = f"{path}: expected schema metadata {error.args[0].decode()}; write it with `gress features export`"
        raise ValueError(msg) from None
    features = np.column_stack([table[column].to_numpy().astype(np.float32) for column in columns])
    return ExportedRows(features, columns, table, name, digest)

"""Golden rows of a trained model: what `gress models register --golden` takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROWS = 50


def golden_places(rows: int) -> NDArray[np.int64]:
    """Return places of at most 50 rows, from the first to the last, at equal distances.

    Example:
        >>> golden_places(3)
        array([0, 1, 2])
    """
    return np.unique(np.linspace(0, rows - 1, _ROWS).astype(np.int64))


def write_golden(
    path: Path, columns: Sequence[str], features: NDArray[np.float32], answers: NDArray[Any] | None = None
) -> None:
    """Write rows of features, and a model's right answers where they are known, as Parquet.

    Args:
        path: the file.
        columns: names of the k columns.
        features: (n, k).
        answers: predictions, (n,), computed by other code than what serves the model.
    """
    import pyarrow as pa
    from pyarrow import parquet

    table: dict[str, NDArray[Any]] = dict(zip(columns, features.T, strict=True))
    parquet.write_table(pa.table(table if answers is None else {**table, "prediction": answers}), path)

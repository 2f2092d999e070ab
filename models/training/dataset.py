"""Training data: the Parquet file that ``gress features export`` writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_LABEL, _TIME, _CARD = "TX_FRAUD", "TX_DATETIME", "CUSTOMER_ID"


@dataclass(frozen=True)
class Dataset:
    """Features as a model will see them, with labels, times and cards for training and evaluation.

    Args:
        features: float32 (n, k).
        columns: names of the k columns.
        label: 1 = fraud, int64 (n,).
        time_ms: event times in epoch milliseconds UTC, (n,).
        customer: cards, (n,).
        feature_set: name of the feature set.
        feature_set_hash: hash of the feature set that computed the features.
    """

    features: NDArray[np.float32]
    columns: tuple[str, ...]
    label: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    customer: NDArray[np.int64]
    feature_set: str
    feature_set_hash: str


def read_dataset(path: Path) -> Dataset:
    """Read an export, and sort its rows by time and TRANSACTION_ID.

    Raises:
        ValueError: the file does not name its feature set, or lacks a column or a label.
    """
    from pyarrow import parquet

    metadata = parquet.read_schema(path).metadata or {}
    try:
        columns = tuple(json.loads(metadata[b"gress.feature_columns"]))
        name, digest = (metadata[key].decode() for key in (b"gress.feature_set", b"gress.feature_set_hash"))
    except KeyError as error:
        msg = f"{path}: expected schema metadata {error.args[0].decode()}; write it with `gress features export`"
        raise ValueError(msg) from None
    wanted = list(dict.fromkeys(["TRANSACTION_ID", _TIME, _CARD, _LABEL, *columns]))
    missing = sorted(set(wanted) - set(parquet.read_schema(path).names))
    if missing:
        msg = f"{path}: expected columns {', '.join(missing)}; export them with the features"
        raise ValueError(msg)
    table = parquet.read_table(path, columns=wanted).sort_by([(_TIME, "ascending"), ("TRANSACTION_ID", "ascending")])
    if table[_LABEL].null_count:
        msg = f"{path}: expected a label in each row, got {table[_LABEL].null_count} rows without {_LABEL}"
        raise ValueError(msg)
    times = table[_TIME].cast("timestamp[ms]").cast("int64")
    return Dataset(
        features=np.column_stack([table[name].to_numpy().astype(np.float32) for name in columns]),
        columns=columns,
        label=table[_LABEL].to_numpy().astype(np.int64),
        time_ms=times.to_numpy(),
        customer=table[_CARD].to_numpy().astype(np.int64),
        feature_set=name,
        feature_set_hash=digest,
    )

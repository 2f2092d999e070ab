"""The feature columns of a file of `gress features export`: their order, and the feature set they are of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, fail
from models.scoring.raw_choice import surely_raw
from models.spec import ModelSpec

_KEYS = (b"gress.feature_set", b"gress.feature_set_hash", b"gress.feature_columns")


@dataclass(frozen=True)
class FeatureFile:
    """A Parquet file of features.

    Attributes:
        path: the file.
        columns: names of the feature columns in order; those with numbers in a file that does not say.
        feature_set: name of the feature set; None: the file does not say.
        hash: hash of the feature set; None: the file does not say.
    """

    path: Path
    columns: tuple[str, ...]
    feature_set: str | None
    hash: str | None


def read_feature_file(path: Path) -> FeatureFile:
    """Read the schema of a Parquet file.

    Raises:
        ModelError: the file is no Parquet file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    if not path.is_file():
        fail(f"features file {path}", "is not a file", "check the path")
    try:
        schema = parquet.read_schema(path)
    except (pa.ArrowException, OSError):
        fail(f"features file {path}", "is not a Parquet file", "write it with `gress features export`")
    about = schema.metadata or {}
    if all(key in about for key in _KEYS):
        name, digest, columns = (about[key].decode() for key in _KEYS)
        return FeatureFile(path, tuple(json.loads(columns)), name, digest)
    numbers = [
        each.name
        for each in schema
        if pa.types.is_integer(each.type) or pa.types.is_floating(each.type) or pa.types.is_boolean(each.type)
    ]
    return FeatureFile(path, tuple(numbers), None, None)


def read_rows(path: Path, columns: Sequence[str], limit: int = 1000) -> NDArray[np.float32]:
    """Return the first rows of some columns as float32 (n, k); null is NaN.

    Raises:
        ModelError: a column is not there or holds no numbers, or there is no row.
    """
    from pyarrow import parquet

    known = read_feature_file(path)
    missing = [name for name in columns if name not in known.columns]
    if missing:
        raise _error(known, f"has no numbers in column {', '.join(missing)}")
    with parquet.ParquetFile(path) as file:
        table = next(file.iter_batches(limit, columns=list(columns)), None)
    if table is None or not table.num_rows:
        raise _error(known, "has no rows")
    values = [table.column(name).cast("float64").to_numpy(zero_copy_only=False) for name in columns]
    return np.ascontiguousarray(np.column_stack(values).astype(np.float32))


def known_features(path: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a spec that a file of features gives, beside those that are known.

    Raises:
        ModelError: the file has not all columns of the model, or another feature set.
    """
    file = read_feature_file(path)
    columns = known.get("feature_columns")
    missing = [name for name in columns or () if name not in file.columns]
    if missing:
        raise _error(file, f"has no feature {', '.join(missing)}, which model.json names")
    before = known.get("feature_set_hash")
    if before is not None and file.hash not in (None, before):
        raise _error(file, f"has feature set hash {file.hash}, model.json says {before}")
    found = {"feature_columns": tuple(columns or file.columns)}
    if file.hash is None:
        return found
    return {**found, "feature_set": file.feature_set, "feature_set_hash": file.hash}


def check_width(path: Path, spec: ModelSpec) -> None:
    """Refuse a file with more or fewer columns than the model's one input of features takes.

    Raises:
        ModelError: the numbers differ.
    """
    columns = spec.feature_columns or ()
    raw = surely_raw(spec, spec.inputs)
    own = [tensor for tensor in spec.inputs if tensor.name not in raw]
    if len(own) != 1 or len(own[0].shape) != 2 or own[0].shape[1] in (None, len(columns)):
        return
    problem = f"has {len(columns)} features ({', '.join(columns)}), {spec.ref} takes {own[0]}"
    raise _error(read_feature_file(path), problem)


def _error(file: FeatureFile, problem: str) -> ModelError:
    fix = "export the features that the model was trained on, or name its columns as feature_columns in model.json"
    return ModelError(f"features file {file.path}", problem, fix)

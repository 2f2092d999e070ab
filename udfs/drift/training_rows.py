"""Baseline of a model from a file of training rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.errors import fail
from models.lifecycle.raw_columns import read_raw
from models.scoring.inputs import Inputs

if TYPE_CHECKING:
    from models.scoring.loaded import LoadedModel

_SCORED_ROWS = 1 << 16


def baseline_of(rows: Path) -> Callable[[LoadedModel], dict[str, Any]]:
    """Return a function that makes a model's baseline from a file.

    Args:
        rows: Parquet with a column of numbers for each feature of the model, and the fields that it reads raw; other
            columns are ignored, so a file of `gress features export` will do.
    """

    def make(model: LoadedModel) -> dict[str, Any]:
        from state.drift.baseline import make_baseline

        names = model.spec.feature_columns
        if names is None:
            fail(
                model.spec.ref,
                "does not say which features it has, so that no baseline can be made",
                "name them as feature_columns in model.json, or give --golden",
            )
        matrix, subject = _read(rows, names), f"baseline file {rows}"
        raw = read_raw(subject, rows, model.raw_fields) if model.raw_fields else {}
        inputs = Inputs(matrix, raw)
        parts = range(0, len(matrix), _SCORED_ROWS)
        scores = np.concatenate(
            [model.predict(inputs.take(slice(start, start + _SCORED_ROWS))).prediction for start in parts]
        )
        # As in jobs: a row without a score is a dead letter, and in no window.
        is_scored = np.isfinite(scores)
        if not is_scored.any():
            fail(
                model.spec.ref,
                f"gives no finite score for any of the {len(matrix)} rows of {rows}",
                "give rows that it can score",
            )
        made = make_baseline(matrix[is_scored], names, scores=scores[is_scored], score_names=("prediction",))
        return made.to_json()

    return make


def _read(path: Path, names: tuple[str, ...]) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    subject = f"baseline file {path}"
    try:
        known = parquet.read_schema(path).names
        missing = [name for name in names if name not in known]
        if missing:
            fail(
                subject,
                f"expected a column for each feature of the model, got none for {', '.join(missing)}",
                "write it with `gress features export`",
            )
        table = parquet.read_table(path, columns=list(names))
    except pa.ArrowException:
        fail(subject, "is not a Parquet file", "write it with `gress features export`")
    except OSError as error:
        fail(subject, f"cannot be read: {error.strerror or 'it is damaged'}", "check the path")
    if not table.num_rows:
        fail(subject, "has no rows", "give the rows that the model was trained on")
    columns = []
    for name in names:
        kind = table.schema.field(name).type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            fail(subject, f"has {kind} in column {name!r}, expected numbers", "export the features as numbers")
        with np.errstate(over="ignore"):
            columns.append(table[name].cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float32))
    return np.ascontiguousarray(np.column_stack(columns))

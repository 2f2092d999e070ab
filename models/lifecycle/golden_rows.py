"""Golden rows of a model, from a file, on its registration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, fail
from models.lifecycle.golden_file import GoldenFile
from models.scoring.inputs import Inputs
from models.scoring.loaded import LoadedModel
from models.serving.fitness import check_golden
from models.spec import GoldenRows, ModelSpec


def texts_of(spec: ModelSpec) -> tuple[str, ...]:
    """Return the inputs of text."""
    return tuple(tensor.name for tensor in spec.inputs if tensor.dtype == "string")


def with_columns(spec: ModelSpec, rows: GoldenFile) -> ModelSpec:
    """Return a spec that names its feature columns, those of the file where it does not know them.

    Raises:
        ModelError: the file has other columns.
    """
    if len(rows.raw) == len(spec.inputs):
        return spec
    columns = spec.feature_columns or _columns(spec, rows)
    _check_columns(spec, columns, rows)
    return spec.model_copy(update={"feature_columns": columns})


def _columns(spec: ModelSpec, rows: GoldenFile) -> tuple[str, ...]:
    """Return the names of the inputs of features if there is one for each column, else the golden file's columns."""
    own = tuple(tensor.name for tensor in spec.inputs if tensor.name not in rows.raw)
    return own if len(own) > 1 else rows.columns


def _check_columns(spec: ModelSpec, columns: tuple[str, ...], rows: GoldenFile) -> None:
    own = [tensor for tensor in spec.inputs if tensor.name not in rows.raw]
    width = own[0].shape[1] if len(own) == 1 and len(own[0].shape) == 2 else None
    subject = f"golden file {rows.path}"
    if sorted(columns) != sorted(rows.columns):
        missing = ", ".join(name for name in columns if name not in rows.columns) or "none"
        extra = ", ".join(name for name in rows.columns if name not in columns) or "none"
        fail(
            subject,
            f"expected the {len(columns)} columns of {spec.ref}, got missing {missing}, extra {extra}",
            "its columns are the features and prediction, no others",
        )
    if width is not None and width != len(columns):
        fail(
            subject,
            f"has {len(columns)} columns ({', '.join(columns)}), expected {width} for input {own[0]}",
            "its columns are the features and prediction, no others",
        )


def golden_rows(model: LoadedModel, rows: GoldenFile) -> GoldenRows:
    """Return the rows of a file with its predictions, or with the model's own.

    Raises:
        ModelError: the model gives no finite number for a row.
    """
    if len(rows.raw) == len(model.spec.inputs):
        # It reads no feature, so numbers in the file are not of its columns.
        rows = replace(rows, columns=(), matrix=rows.matrix[:, :0])
    predictions = rows.predictions
    if predictions is None:
        order = [rows.columns.index(name) for name in (rows.columns and model.spec.feature_columns) or rows.columns]
        predictions = model.predict(Inputs(np.ascontiguousarray(rows.matrix[:, order]), rows.raw)).prediction
        is_off = ~np.isfinite(predictions)
        if is_off.any():
            row = int(np.flatnonzero(is_off)[0])
            fail(
                model.spec.ref, f"gives {predictions[row]} for row {row} of {rows.path}", "give rows that it can score"
            )
    values = tuple(tuple(_number(value) for value in row) for row in rows.matrix)
    raw = {name: tuple(_plain_values(column)) for name, column in rows.raw.items()}
    return GoldenRows(columns=rows.columns, rows=values, predictions=tuple(map(float, predictions)), raw=raw)


def _plain_values(column: NDArray[Any]) -> list[Any]:
    """Return values as JSON has them; NaN is None."""
    return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124


def _number(value: np.float32) -> float | None:
    """Return the shortest number that is this float32: 0.1, not 0.10000000149011612."""
    return None if np.isnan(value) else float(str(value))


def check_predictions(model: LoadedModel, golden: GoldenRows | None, origin: Path) -> None:
    """Refuse a model that gives other predictions than its golden rows, which are those of a file.

    Raises:
        ModelError: a prediction differs.
    """
    if golden is None:
        return
    try:
        check_golden(model, golden)
    except ModelError as error:
        fail(error.subject, error.problem, f"the golden rows are those of {origin}")

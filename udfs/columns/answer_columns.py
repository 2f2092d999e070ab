"""Columns of predictions from the answers of one model or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from state.sql import SqlColumns
from udfs.columns.coded import Coded
from udfs.columns.repeated import is_repeated, repeated
from udfs.experiments.arm_answer import ArmAnswer
from udfs.rows import PREDICTION, experiment_columns
from udfs.scoring.ladder import Answer
from udfs.scoring.prediction_batch import PredictionBatch

EXPERIMENT_COLUMNS: SqlColumns = experiment_columns(PREDICTION)
"""Columns of predictions about experiments, where a job takes part in any."""


def answer_columns(batch: PredictionBatch, feature_set: str, *, has_experiments: bool) -> dict[str, Any]:
    """Return the columns of predictions that hold the answer of each row, n values each.

    Args:
        batch: answers to n rows.
        feature_set: hash of the feature set.
        has_experiments: return the columns about experiments, too.
    """
    made = [_columns(each, batch.latency_us, feature_set) for each in batch.answers]
    if has_experiments:
        made = [columns | _experiment_columns(each) for columns, each in zip(made, batch.answers, strict=True)]
    if len(made) == 1:
        return made[0]
    codes = np.empty(len(batch.matrix), np.int8)
    for code, each in enumerate(batch.answers):
        codes[each.rows] = code
    rows = [each.rows for each in batch.answers]
    return {name: _joined([columns[name] for columns in made], rows, codes) for name in made[0]}


def _columns(each: ArmAnswer, latency_us: int, feature_set: str) -> dict[str, Any]:
    answer = each.answer
    scores = answer.scores
    size = len(scores.prediction)
    nothing = repeated(None, size)
    return {
        "__prediction": scores.prediction,
        "__label": nothing if scores.label is None else scores.label,
        "__scores": nothing if scores.scores is None else _listed(scores.scores),
        **_model_columns(answer, size),
        "__feature_set": repeated(feature_set, size),
        "__status": repeated("ok", size) if answer.status is None else answer.status,
        "__status_reason": nothing if answer.why is None else answer.why,
        "__latency_us": np.full(size, latency_us, dtype=np.int64),
    }


def _experiment_columns(each: ArmAnswer) -> dict[str, Any]:
    arm = each.arm
    size = len(each.answer.scores.prediction)
    return {
        "__experiment": repeated(None if arm is None else arm.experiment, size),
        "__variant": repeated(None if arm is None else arm.variant, size),
        "__propensity": _propensity(each, size),
    }


def _propensity(each: ArmAnswer, size: int) -> NDArray[Any]:
    if each.arm is None:
        return repeated(np.nan, size)
    if each.undrawn is None:
        return repeated(each.arm.propensity, size)
    return np.where(each.undrawn, np.nan, each.arm.propensity)


def _model_columns(answer: Answer, size: int) -> dict[str, NDArray[np.object_]]:
    """Return which model each row is from."""
    columns = {
        "__model": repeated(answer.spec.name, size),
        "__version": repeated(answer.spec.version, size),
        "__checksum": repeated(answer.spec.sha256[:16], size),
    }
    other = answer.fallback
    if answer.status is not None and other is not None:
        is_other = np.char.startswith(answer.status.astype(str), "fallback:")
        for name, value in (("__model", other.name), ("__version", other.version), ("__checksum", other.sha256[:16])):
            columns[name] = np.where(is_other, value, columns[name])
    return columns


def _listed(scores: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the rows of a matrix as an array of arrays, which can be put to places as values can.

    A row that no model scored has None: JSON has no NaN.
    """
    listed = np.fromiter(scores, dtype=object, count=len(scores))
    listed[np.isnan(scores).all(axis=1)] = None
    return listed


def _joined(columns: Sequence[NDArray[Any]], rows: Sequence[NDArray[np.intp] | None], codes: NDArray[np.int8]) -> Any:
    """Return the values of all answers in the order of the batch; where each gives one value, no value is copied."""
    if all(map(_is_one, columns)):
        values = tuple(column[0] for column in columns)
        return repeated(values[0], len(codes)) if len(set(values)) == 1 else Coded(codes, values)
    joined = np.empty(len(codes), np.result_type(*columns))
    for column, places in zip(columns, rows, strict=True):
        joined[places] = column
    return joined


def _is_one(column: NDArray[Any]) -> bool:
    is_single = column.dtype == object and len(column) == 1 and not isinstance(column[0], np.ndarray)
    return is_single or is_repeated(column)

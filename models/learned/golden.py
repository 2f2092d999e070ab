"""Golden rows of a learnt model: its own answers, computed with numpy, that its file must give as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import fail
from models.learned.arrays import SUBJECT
from models.learned.bayes import LearnedBayes
from models.learned.learned_model import LearnedModel
from models.learned.shards.table import LearnedTable
from models.lifecycle.golden_file import GoldenFile

_ROWS = 16
# A spec stays small enough to be read by people where features are hashed into very many columns.
_MOST_VALUES = 20_000


def golden_of(model: LearnedModel, rows: NDArray[np.float32] | None = None) -> GoldenFile:
    """Return rows with the model's predictions for them.

    Rows that are infinite or get no finite prediction are left out.

    Args:
        model: the model.
        rows: (n, k) float32, such as the newest that it learnt from; None = rows drawn from what it knows of its
            features. The first of them are taken, and a row of missing values stands before them.

    Raises:
        ModelError: the rows have another width than the model.
    """
    width = len(model.features)
    chosen = _drawn(model) if rows is None else np.asarray(rows, dtype=np.float32)
    if chosen.ndim != 2 or chosen.shape[1] != width:
        fail(f"{SUBJECT}: rows", f"expected shape (n, {width}), got {chosen.shape}")
    most = min(_ROWS, max(_MOST_VALUES // width - 1, 0))
    matrix = np.concatenate([np.full((1, width), np.nan, np.float32), chosen[:most]])
    raw: dict[str, NDArray[Any]] = {}
    if isinstance(model, LearnedTable):
        raw[model.key] = _keys(model, len(matrix))
        predictions = model.predict(matrix, raw[model.key].tolist())
    else:
        predictions = model.predict(matrix)
    is_usable = np.isfinite(predictions) & ~np.isinf(matrix).any(axis=1)
    known = {name: column[is_usable] for name, column in raw.items()}
    return GoldenFile(Path("the learner"), model.features, matrix[is_usable], predictions[is_usable], known)


def _keys(model: LearnedTable, size: int) -> NDArray[Any]:
    """Return keys for some rows: one that is not in the table, then some that are, at even distances."""
    there = (
        [model.keys[place] for place in np.linspace(0, len(model.keys) - 1, size - 1).astype(int)] if model.keys else []
    )
    if model.is_text:
        return np.array(["", *there, *[""] * (size - 1 - len(there))], dtype=object)
    known = set(model.keys)
    other = next(number for number in range(len(known) + 1) if str(number) not in known)
    return np.array([other, *map(int, there), *[other] * (size - 1 - len(there))], np.int64)


def _drawn(model: LearnedModel) -> NDArray[np.float32]:
    """Return rows as the model expects them, some values missing: always the same, so that specs are, too."""
    if isinstance(model, LearnedTable):
        return _drawn(model.other)
    rng = np.random.default_rng(0)
    shape = _ROWS, len(model.features)
    if isinstance(model, LearnedBayes):
        of_class = np.arange(_ROWS) % len(model.classes)
        centre, spread = model.means[of_class], np.sqrt(model.variances[of_class])
    else:
        centre, spread = model.mean, model.scale
    rows = centre + spread * rng.normal(size=shape)
    with np.errstate(over="ignore"):
        return np.where(rng.random(shape) < 0.1, np.nan, rows).astype(np.float32)

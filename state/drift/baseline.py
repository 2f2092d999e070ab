"""Baseline of a model: histograms of its inputs and scores in training, with which live windows are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from state.drift.column import BinnedColumn, categorical_edges, numeric_edges
from state.drift.histograms import Histograms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import ArrayLike, NDArray


def make_baseline(
    matrix: ArrayLike,
    names: Sequence[str],
    *,
    scores: ArrayLike | None = None,
    score_names: Sequence[str] = ("score",),
    categorical: Collection[str] = (),
    bins: int = 20,
    categories: int = 64,
) -> Histograms:
    """Choose cells from training data and count it; the same data gives the same cells and counts.

    A column without a finite value has one cell of values and one of NaN; a constant has itself, below and above.

    Args:
        matrix: features, (n, k).
        names: names of the k columns.
        scores: the model's scores of these rows, (n,) or (n, s).
        score_names: names of the s scores.
        categorical: names of columns that hold codes; codes seen fewer than five times, or never, share a cell.
        bins: cells of equal share aimed at for a numeric column, >= 2.
        categories: codes that get a cell of their own, the commonest first, >= 1.

    Raises:
        ValueError: a shape does not match the names, a categorical name is unknown, or there are no rows.

    Example:
        >>> baseline = make_baseline([[1.0], [2.0], [3.0], [4.0], [5.0], [float("nan")]], ["amount"], bins=2)
        >>> baseline.columns[0].edges, baseline.counts(0).tolist()
        ((3.0,), [3, 2, 1])
    """
    features = np.asarray(matrix)
    _check(features, names, categorical, bins, categories)
    said = np.empty((len(features), 0)) if scores is None else np.asarray(scores)
    said = said[:, np.newaxis] if said.ndim == 1 else said
    width = 0 if scores is None else len(score_names)
    if said.shape != (len(features), width):
        msg = f"scores: expected ({len(features)}, {width}), got {said.shape}; name each score in score_names"
        raise ValueError(msg)
    columns = []
    for name, values in zip(names, features.T, strict=True):
        floats = _floats(values)
        if name in categorical:
            columns.append(BinnedColumn(name, "feature", "categorical", categorical_edges(floats, categories)))
        else:
            columns.append(BinnedColumn(name, "feature", "numeric", numeric_edges(floats, bins)))
    for name, values in zip(score_names[:width], said.T, strict=True):
        columns.append(BinnedColumn(name, "score", "numeric", numeric_edges(_floats(values), bins)))
    baseline = Histograms(columns)
    baseline.update(features, None if scores is None else said)
    return baseline


def _floats(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, np.float32)


def _check(
    features: NDArray[Any], names: Sequence[str], categorical: Collection[str], bins: int, categories: int
) -> None:
    if features.ndim != 2 or features.shape[1] != len(names) or not len(features):
        msg = f"matrix: expected (n >= 1, {len(names)}), got {features.shape}; name each column once, in order"
        raise ValueError(msg)
    unknown = sorted(set(categorical) - set(names))
    if unknown:
        msg = f"categorical: expected names of columns, got {unknown[0]!r}; the columns are {', '.join(names)}"
        raise ValueError(msg)
    if bins < 2 or categories < 1:
        msg = f"expected bins >= 2 and categories >= 1, got {bins} and {categories}; use 20 and 64"
        raise ValueError(msg)

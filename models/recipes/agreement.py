"""Comparison of a model file's answers with those of the framework that trained it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import fail
from models.scoring.outputs import Scores


@dataclass(frozen=True)
class ReferenceScores:
    """The framework's answers for some rows.

    Args:
        rows: float32 (n, k).
        values: a number a row (n,), or one for each class (n, c).
        labels: names of the classes as text (n,); None = not compared.
        tolerance: largest difference allowed, relative to the largest answer.
    """

    rows: NDArray[np.float32]
    values: NDArray[np.float64]
    labels: NDArray[np.object_] | None
    tolerance: float


def sample_rows(check: NDArray[np.float32], width: int, name: str = "check") -> NDArray[np.float32]:
    """Return the rows as float32 (n, k).

    Raises:
        ValueError: the argument is not at least one row of k numbers.
    """
    rows = np.asarray(check, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != width or not len(rows):
        msg = f"{name}: expected rows (n, {width}), n >= 1, got {rows.shape}; give the columns the model was trained on"
        raise ValueError(msg)
    return rows


def compare(subject: str, want: ReferenceScores, got: Scores) -> None:
    """Refuse a file whose scores or labels differ; error texts call it `subject`.

    Raises:
        ModelError: an answer differs; the text shows the first row that differs most, with both answers.
    """
    values = got.prediction if want.values.ndim == 1 or got.scores is None else got.scores
    if values.shape != want.values.shape:
        fail(subject, f"gives answers {values.shape}, its framework {want.values.shape}")
    allowed = want.tolerance * _largest(want.values)
    difference = _difference(want.values, values)
    if not difference.max() <= allowed:
        i = int(difference.argmax())
        fail(
            subject,
            f"answers {values[i]} for row {i}, its framework {want.values[i]}: {difference[i]:.3g} apart, "
            f"expected <= {allowed:.3g}",
            "scale the features, or allow more with `tolerance`",
        )
    _compare_labels(subject, want, got, allowed)


def _compare_labels(subject: str, want: ReferenceScores, got: Scores, allowed: float) -> None:
    """Refuse a wrong label, except in rows whose two best classes are equally likely within the tolerance."""
    if want.labels is None or got.label is None:
        return
    best = np.sort(want.values, axis=1)
    is_clear = best[:, -1] - best[:, -2] > 2 * allowed
    wrong = np.flatnonzero(is_clear & (got.label != want.labels))
    if len(wrong):
        i = wrong[0]
        fail(
            subject,
            f"gives label {got.label[i]!r} for row {i}, its framework {want.labels[i]!r}",
            "report it to the authors of the converter",
        )


def _largest(values: NDArray[np.float64]) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) or 1.0


def _difference(want: NDArray[np.float64], got: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest difference of each row, (n,); two NaN are equal, NaN and a number differ infinitely."""
    is_same = (want == got) | (np.isnan(want) & np.isnan(got))
    with np.errstate(invalid="ignore"):
        apart = np.abs(want - got)
    distance = np.where(is_same, 0.0, np.where(np.isnan(apart), np.inf, apart))
    return np.asarray(distance.reshape(len(want), -1).max(axis=1))

"""Whether a model file answers as the framework that trained it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.scoring.outputs import Scores


@dataclass(frozen=True)
class Answers:
    """What the framework answers for some rows.

    Args:
        rows: float32 (n, k).
        values: A number a row (n,), or one for each class (n, c).
        labels: The classes' names as text (n,); None = not compared.
        tolerance: Largest difference allowed, in parts of the largest answer.
    """

    rows: NDArray[np.float32]
    values: NDArray[np.float64]
    labels: NDArray[np.object_] | None
    tolerance: float


def sample_rows(check: NDArray[np.float32], width: int, name: str = "check") -> NDArray[np.float32]:
    """The rows as float32 (n, k).

    Raises:
        ValueError: They are not at least one row of k numbers.
    """
    rows = np.asarray(check, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != width or not len(rows):
        msg = f"{name}: expected rows (n, {width}), n >= 1, got {rows.shape}; give the columns the model was trained on"
        raise ValueError(msg)
    return rows


def compare(subject: str, want: Answers, got: Scores) -> None:
    """Refuses a file whose scores or labels differ; error texts name it by `subject`.

    Raises:
        ModelError: The first row that differs most, with both answers.
    """
    values = got.prediction if want.values.ndim == 1 or got.scores is None else got.scores
    if values.shape != want.values.shape:
        raise ModelError(subject, f"gives answers {values.shape}, its framework {want.values.shape}")
    allowed = want.tolerance * _largest(want.values)
    difference = _difference(want.values, values)
    if not difference.max() <= allowed:
        i = int(difference.argmax())
        raise ModelError(
            subject,
            f"answers {values[i]} for row {i}, its framework {want.values[i]}: {difference[i]:.3g} apart, "
            f"expected <= {allowed:.3g}",
            "scale the features, or allow more with `tolerance`",
        )
    _compare_labels(subject, want, got, allowed)


def _compare_labels(subject: str, want: Answers, got: Scores, allowed: float) -> None:
    """Rows where two classes are as likely within the tolerance may go either way."""
    if want.labels is None or got.label is None:
        return
    best = np.sort(want.values, axis=1)
    is_clear = best[:, -1] - best[:, -2] > 2 * allowed
    wrong = np.flatnonzero(is_clear & (got.label != want.labels))
    if len(wrong):
        i = wrong[0]
        raise ModelError(
            subject,
            f"gives label {got.label[i]!r} for row {i}, its framework {want.labels[i]!r}",
            "report it to the authors of the converter",
        )


def _largest(values: NDArray[np.float64]) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) or 1.0


def _difference(want: NDArray[np.float64], got: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per row, (n,); two NaN are equal, NaN and a number infinitely far apart."""
    is_same = (want == got) | (np.isnan(want) & np.isnan(got))
    with np.errstate(invalid="ignore"):
        apart = np.abs(want - got)
    distance = np.where(is_same, 0.0, np.where(np.isnan(apart), np.inf, apart))
    return np.asarray(distance.reshape(len(want), -1).max(axis=1))

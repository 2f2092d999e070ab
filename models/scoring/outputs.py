"""The meaning of a model's outputs.

Rules, by task:
- binary: prediction = probability of the positive class, the last unless the spec names another; a single column is
  that probability.
- multiclass: prediction = probability of the top class, or of the positive class if the spec names one; label = the top
  class.
- regression: prediction = the value; where the spec names an output for it, the others are scores, such as the ends of
  an interval.
- unknown: the outputs decide. One column is the prediction, unchanged. Several columns are classes only if the
  model also returns labels, or maps from class to probability; otherwise the spec must name the task.

The spec records which outputs hold prediction, scores and labels. Without a record the values come from the only output
of floats, else from the only one of maps or with a name that contains prob or score; other models are refused. Labels
that the model returns are kept as text. Logits are not turned into probabilities: values are used unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, fail
from models.scoring.output_parts import OutputHints, OutputParts, read_column, read_parts

_DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Scores:
    """The answers for n rows.

    Args:
        prediction: float64 (n,).
        label: text (n,), or None if the model has no classes.
        scores: float64 (n, c), a probability per class, or None for a single value.
    """

    prediction: NDArray[np.float64]
    label: NDArray[np.object_] | None
    scores: NDArray[np.float64] | None


def interpret(outputs: Mapping[str, Any], hints: OutputHints, n: int) -> Scores:
    """Turn the outputs of n rows into predictions, by the rules above.

    Raises:
        ModelError: an output does not have n rows, or the outputs do not fit the task.
    """
    parts = read_parts(outputs, hints)
    if len(parts.values) != n or (parts.label is not None and len(parts.label) != n):
        raise _wrong_length(outputs, hints, n)
    scores = _BY_TASK[_task(parts, hints)](parts, hints)
    roles = hints.roles
    if roles is None or roles.prediction is None or not roles.scores:
        return scores
    prediction = read_column(outputs[roles.prediction], roles.prediction, hints)
    if len(prediction) != n:
        raise _wrong_length(outputs, hints, n)
    return replace(scores, prediction=prediction)


def _wrong_length(outputs: Mapping[str, Any], hints: OutputHints, n: int) -> ModelError:
    got = ", ".join(f"{name!r} {len(output)}" for name, output in outputs.items())
    fix = "export it with the rows as the first dimension of every input and output"
    return ModelError(hints.ref, f"gave outputs of {got} rows for {n} rows of input", fix)


def _task(parts: OutputParts, hints: OutputHints) -> str:
    if hints.task != "unknown":
        return hints.task
    width = parts.values.shape[1]
    if width == 1:
        return "regression" if parts.label is None else "binary"
    if not parts.is_classes:
        fail(
            hints.ref,
            f"gave {width} values a row and does not say what they are",
            "say what: --task binary or --task multiclass when it is registered, or `task` in its model.json",
        )
    return "binary" if width == 2 else "multiclass"


def _binary(parts: OutputParts, hints: OutputHints) -> Scores:
    width = parts.values.shape[1]
    if width > 2:
        fail(hints.ref, f"is binary, but gave {width} values a row", "expected 1 or 2: set task to multiclass")
    positive = _positive(hints, parts.classes)
    column = -1 if positive is None or width == 1 else positive
    prediction = np.ascontiguousarray(parts.values[:, column])
    label = parts.label
    if label is None and parts.classes is not None:
        classes = _check_count(parts.classes, 2, hints)
        names = _names(classes[::-1] if positive == 0 else classes)
        threshold = _DEFAULT_THRESHOLD if hints.threshold is None else hints.threshold
        label = names.take(prediction >= threshold)
    return Scores(prediction, label, parts.values if width == 2 else None)


def _multiclass(parts: OutputParts, hints: OutputHints) -> Scores:
    width = parts.values.shape[1]
    if width < 2:
        fail(hints.ref, "is multiclass, but gave 1 value a row", "expected a probability per class")
    label = parts.label
    if label is None:
        names = (
            tuple(map(str, range(width)))
            if parts.classes is None
            else _check_count(parts.classes, width, hints)
        )
        label = _names(names).take(parts.values.argmax(axis=1))
    positive = _positive(hints, parts.classes)
    prediction = parts.values.max(axis=1) if positive is None else np.ascontiguousarray(parts.values[:, positive])
    return Scores(prediction, label, parts.values)


def _positive(hints: OutputHints, classes: tuple[str, ...] | None) -> int | None:
    """Return the column of the positive class; None = the spec names none."""
    name = None if hints.roles is None else hints.roles.positive_class
    if name is None:
        return None
    if classes is None or name not in classes:
        there = ", ".join(classes) if classes else "no classes"
        problem = f"has positive class {name!r}, its spec names {there}"
        fail(hints.ref, problem, "give --classes in the order of the scores")
    return classes.index(name)


def _regression(parts: OutputParts, hints: OutputHints) -> Scores:
    width = parts.values.shape[1]
    if hints.roles is not None and hints.roles.prediction is not None and hints.roles.scores:
        return Scores(parts.values[:, 0], None, parts.values)  # the prediction is an output of its own
    if width != 1:
        fail(hints.ref, f"is a regression, but gave {width} values a row", "expected 1")
    return Scores(parts.values.reshape(-1), None, None)


def _check_count(classes: tuple[str, ...], width: int, hints: OutputHints) -> tuple[str, ...]:
    if len(classes) != width:
        fail(hints.ref, f"names {len(classes)} classes, but gave {width} values a row")
    return classes


@cache
def _names(classes: tuple[str, ...]) -> NDArray[np.object_]:
    return np.array(classes, dtype=object)


_BY_TASK: Mapping[str, Callable[[OutputParts, OutputHints], Scores]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "regression": _regression,
}

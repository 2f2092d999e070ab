"""Choice of the outputs that a model's answers come from: those that the user names, else those that are beyond doubt.

Rules:
- A single output of floats, or of maps, holds the values; with several, one whose name says "prob" does.
- A label beside a column of floats for each class, named ``i<class>`` or ``s<class>``, is scikit-learn's
  ``zipmap="columns"``.
- A label must be the class of the largest score in every row tried; otherwise the scores are none.
- Everything else is refused with the list of outputs: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import fail
from models.output_roles import OutputRoles
from models.scoring.output_parts import as_text, is_column, is_label, is_values, text_of, texts_of

_FIX = (
    "choose with --prediction OUTPUT (one number a row), or --scores OUTPUT (a number for each class), of "
    "`gress models register`"
)
_LABEL_WORDS = ("label", "class")
_CLEAR = 1e-4  # two scores that are closer than this part of the larger one may be a tie


@dataclass(frozen=True)
class FoundRoles:
    """The roles of a model's outputs, and what follows from them.

    Attributes:
        roles: the complete record.
        classes: labels in the order of the scores; None = the outputs do not name them.
        task: binary or multiclass where the outputs show it, else unknown.
    """

    roles: OutputRoles
    classes: tuple[str, ...] | None
    task: str


def find_roles(
    outputs: Mapping[str, Any], asked: OutputRoles, *, ref: str, classes: tuple[str, ...] | None = None
) -> FoundRoles:
    """Return the roles of the outputs of some rows.

    Args:
        outputs: the model's answers for some rows of different values.
        asked: the user's choice.
        ref: the model's name in error texts.
        classes: labels in the order of the scores, if the user knows them.

    Raises:
        ModelError: an output that the user names is not there or does not fit, or the choice is in doubt.
    """
    _check_asked(outputs, asked, ref)
    if asked.prediction is not None and not asked.scores:
        _check_positive(asked, None, ref)
        return FoundRoles(asked, classes, "unknown")
    scores = asked.scores or _scores(outputs, ref)
    values = _matrix(outputs, scores, ref)
    if asked.prediction is None and values.shape[1] == 1:
        label = asked.label or _label(outputs, scores, ref, is_telling=True)
        is_renamed = _is_renamed(outputs, label, asked, classes)
        own = None if is_renamed else label
        roles = OutputRoles(prediction=scores[0], label=own, positive_class=asked.positive_class)
        _check_positive(roles, None, ref)
        return FoundRoles(roles, classes, "binary" if is_renamed else "unknown")
    label = asked.label or _label(outputs, scores, ref, is_telling=False)
    named = classes or _classes(outputs, scores)
    if named is not None and len(named) != values.shape[1]:
        got = f"gives {values.shape[1]} scores a row ({', '.join(scores)}), got {len(named)} classes"
        fail(ref, got, "give one for each")
    if label is not None and not asked.scores:
        named = _labelled(as_text(outputs[label].reshape(-1)), values, named, ref)
    own = None if _is_renamed(outputs, label, asked, classes) else label
    roles = asked.model_copy(update={"scores": scores, "label": own})
    _check_positive(roles, named, ref)
    is_classifier = label is not None or len(scores) > 1 or isinstance(outputs[scores[0]], list)
    task = "binary" if values.shape[1] == 2 else "multiclass"
    return FoundRoles(roles, named, task if is_classifier else "unknown")


def _check_asked(outputs: Mapping[str, Any], asked: OutputRoles, ref: str) -> None:
    """Refuse outputs that are not there, or do not have the form of their role."""
    unknown = [name for name in asked.names if name not in outputs]
    if unknown:
        fail(ref, f"has no output {unknown[0]!r}, it has {texts_of(outputs)}", "name one of them")
    single = [asked.prediction] if asked.prediction is not None else []
    if len(asked.scores) > 1:
        single += asked.scores
    for name in single:
        output = outputs[name]
        if not is_column(output) or output.dtype.kind not in "biuf":
            problem = f"has output {name!r} as {text_of(output)}, expected one number a row"
            fail(ref, problem, "an output with a number for each class goes to --scores")
    if asked.label is not None and not is_column(outputs[asked.label]):
        problem = f"has output {asked.label!r} as {text_of(outputs[asked.label])}, expected one label a row"
        fail(ref, problem, "name another")
    if len(asked.scores) == 1 and not is_values(outputs[asked.scores[0]]):
        name = asked.scores[0]
        fail(ref, f"has output {name!r} as {text_of(outputs[name])}, expected a float for each class", "name another")


def _scores(outputs: Mapping[str, Any], ref: str) -> tuple[str, ...]:
    """Return the outputs that hold the values, if there is no doubt."""
    numbers = [name for name, output in outputs.items() if is_values(output)]
    if not numbers:
        return (_whole_number(outputs, ref),)
    if len(numbers) == 1 or _are_columns_of_classes(outputs, numbers):
        return tuple(numbers)
    probable = [
        name
        for name in numbers
        if isinstance(outputs[name], list) or ("prob" in name.lower() and not is_column(outputs[name]))
    ]
    if len(probable) != 1:
        fail(ref, f"has several outputs that could be the prediction: {texts_of(outputs)}", _FIX)
    return tuple(probable)


def _whole_number(outputs: Mapping[str, Any], ref: str) -> str:
    """Return the one output of whole numbers, unless it may be a class."""
    found = [name for name, output in outputs.items() if is_label(output) and output.dtype.kind in "biu"]
    if len(outputs) == len(found) == 1 and not _says_label(found[0]):
        return found[0]
    fix = "export it with probabilities"
    if found:
        fix += ", or name the number to serve with --prediction OUTPUT"
    fail(ref, f"has no output of numbers to predict with, it has {texts_of(outputs)}", fix)


def _are_columns_of_classes(outputs: Mapping[str, Any], numbers: list[str]) -> bool:
    """Return whether the outputs are a column for each class, beside a label that names the same classes."""
    labels = [name for name, output in outputs.items() if is_label(output)]
    if len(labels) != 1 or not all(is_column(outputs[name]) for name in numbers):
        return False
    label = outputs[labels[0]]
    mark = "i" if label.dtype.kind in "iu" else "s"
    classes = {name[1:] for name in numbers if name[:1] == mark}
    return len(classes) == len(numbers) and set(as_text(label.reshape(-1))) <= classes


def _label(outputs: Mapping[str, Any], scores: tuple[str, ...], ref: str, *, is_telling: bool) -> str | None:
    """Return the output that holds the classes; beside a single number only its name shows it."""
    found = [name for name, output in outputs.items() if is_label(output) and name not in scores]
    telling = [name for name in found if _says_label(name)]
    if len(telling) == 1:
        return telling[0]
    if len(found) == 1 and not is_telling:
        return found[0]
    if not found:
        return None
    fix = "name it with --label OUTPUT; for none, name the prediction with --prediction OUTPUT"
    fail(ref, f"has outputs that could be its label: {texts_of({name: outputs[name] for name in found})}", fix)


def _says_label(name: str) -> bool:
    return any(word in name.lower() for word in _LABEL_WORDS)


def _matrix(outputs: Mapping[str, Any], scores: tuple[str, ...], ref: str) -> NDArray[np.float64]:
    """Return the values as (n, c)."""
    first = outputs[scores[0]]
    if isinstance(first, list):
        return np.array([[row[key] for key in first[0]] for row in first], dtype=np.float64)
    if len(scores) > 1:
        return np.column_stack([outputs[name].reshape(-1) for name in scores]).astype(np.float64)
    if first.ndim not in (1, 2):
        fail(ref, f"gives output {scores[0]!r} as {text_of(first)}, expected (n,) or (n, c)", "export it so")
    return np.asarray(first, dtype=np.float64).reshape(len(first), -1)


def _classes(outputs: Mapping[str, Any], scores: tuple[str, ...]) -> tuple[str, ...] | None:
    first = outputs[scores[0]]
    if isinstance(first, list):
        return tuple(map(str, first[0]))
    if len(scores) > 1 and _are_columns_of_classes(outputs, list(scores)):
        return tuple(name[1:] for name in scores)
    return None


def _labelled(
    labels: NDArray[np.object_], values: NDArray[np.float64], classes: tuple[str, ...] | None, ref: str
) -> tuple[str, ...] | None:
    """Return the classes, taken from the labels of clear rows if they are not stated.

    Raises:
        ModelError: the largest score does not decide the label, as with distances or classes in another order.
    """
    if len(labels) != len(values):
        return classes
    best = np.sort(values, axis=1)
    is_clear = np.isfinite(values).all(axis=1) & (best[:, -1] - best[:, -2] > _CLEAR * np.abs(best[:, -1]))
    pairs = set(zip(values[is_clear].argmax(axis=1).tolist(), labels[is_clear], strict=True))
    if classes is not None and {label for _, label in pairs} <= set(classes):
        is_right = all(classes[column] == label for column, label in pairs)
    else:
        is_right = all(len(set(side)) == len(pairs) for side in zip(*pairs, strict=True))
    if not is_right:
        fail(
            ref,
            "gives a label that is not the class of its largest score",
            "if they are no scores of classes, name the prediction with --prediction; otherwise name them with "
            "--scores, and --classes in their order",
        )
    if classes is None and len(pairs) == values.shape[1]:
        return tuple(label for _, label in sorted(pairs))
    return classes


def _is_renamed(
    outputs: Mapping[str, Any], label: str | None, asked: OutputRoles, classes: tuple[str, ...] | None
) -> bool:
    """Return whether the user's classes are other names than the model's own labels, so that the scores decide."""
    if label is None or asked.label is not None or classes is None:
        return False
    return not set(as_text(outputs[label].reshape(-1))) <= set(classes)


def _check_positive(roles: OutputRoles, classes: tuple[str, ...] | None, ref: str) -> None:
    name = roles.positive_class
    if name is None or (classes is not None and name in classes):
        return
    if not roles.scores:
        fail(ref, f"has no scores of classes, got positive class {name!r}", "leave it out, or name --scores")
    if classes is None:
        problem = f"does not name its classes, got positive class {name!r}"
        fail(ref, problem, "give --classes in the order of the scores")
    fail(ref, f"has classes {', '.join(classes)}, got positive class {name!r}", "name one of them")

"""Separation of a model's outputs into values, labels and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import fail
from models.output_roles import OutputRoles

_TELLING = ("prob", "score")
_WIDE = (np.int32, np.int64)
CHOOSE = "name it with --prediction or --scores"


class OutputHints(Protocol):
    """Known facts about a model's outputs; a ModelSpec has them."""

    @property
    def ref(self) -> str:
        """The model's name in error texts."""

    @property
    def task(self) -> str:
        """One of binary, multiclass, regression, unknown."""

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Labels in the order of the score columns."""

    @property
    def threshold(self) -> float | None:
        """The lowest probability that gets the positive label; None = 0.5."""

    @property
    def roles(self) -> OutputRoles | None:
        """The recorded roles of the outputs; None = none are recorded."""


class OutputParts(NamedTuple):
    """A model's outputs, separated."""

    values: NDArray[np.float64]  # (n, c)
    label: NDArray[np.object_] | None
    classes: tuple[str, ...] | None
    is_classes: bool  # the columns are known to be classes


def read_parts(outputs: Mapping[str, Any], hints: OutputHints) -> OutputParts:
    """Separate the outputs by their recorded roles; without a record, by kind and name if only one output fits."""
    if hints.roles is None:
        values, label = _tell_apart(outputs, hints)
        return _read(outputs, values, label, hints)
    try:
        return _read_by_role(outputs, hints.roles, hints)
    except KeyError as error:
        problem = f"has output {error.args[0]!r} in its model.json, its file gives {texts_of(outputs)}"
        fail(hints.ref, problem, "register it again")


def _read_by_role(outputs: Mapping[str, Any], roles: OutputRoles, hints: OutputHints) -> OutputParts:
    if len(roles.scores) <= 1:
        values = roles.scores[0] if roles.scores else roles.prediction
        return _read(outputs, values or "", roles.label, hints)
    columns = [read_column(outputs[name], name, hints) for name in roles.scores]
    labels = None if roles.label is None else as_text(outputs[roles.label].reshape(-1))
    if len(set(map(len, columns))) > 1:
        got = ", ".join(f"{name!r} {len(column)}" for name, column in zip(roles.scores, columns, strict=True))
        fail(hints.ref, f"gave outputs of {got} rows, expected equally many")
    return OutputParts(np.column_stack(columns), labels, hints.classes, is_classes=True)


def read_column(output: Any, name: str, hints: OutputHints) -> NDArray[np.float64]:
    """Return an output of one number a row as float64 (n,)."""
    if not is_column(output) or output.dtype.kind not in "biuf":
        fail(hints.ref, f"gave output {name!r} as {text_of(output)}, expected one number a row: (n,) or (n, 1)", CHOOSE)
    return _doubles(output).reshape(-1)


def _doubles(output: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers as doubles; NaN where a whole number represents it.

    A conversion of NaN, infinity or a number beyond the type to a whole number gives its least one, and no model
    predicts that.
    """
    numbers = np.asarray(output, dtype=np.float64)
    if output.dtype in _WIDE:
        is_none = output == np.iinfo(output.dtype).min
        return np.where(is_none, np.nan, numbers) if is_none.any() else numbers
    return numbers


def is_column(output: Any) -> bool:
    """Return whether an output has one value a row."""
    return not isinstance(output, list) and (output.ndim == 1 or output.shape[1:] == (1,))


def is_label(output: Any) -> bool:
    """Return whether an output can be a class of each row: one whole number, boolean or text."""
    return is_column(output) and output.dtype.kind != "f"


def is_values(output: Any) -> bool:
    """Return whether an output holds floats, or maps from class to float."""
    return isinstance(output, list) or output.dtype.kind == "f"


def texts_of(outputs: Mapping[str, Any]) -> str:
    """Return the list of outputs for error texts: name, type, shape."""
    return ", ".join(f"{name!r} {text_of(output)}" for name, output in outputs.items()) or "none"


def text_of(output: Any) -> str:
    """Return an output's type and shape for error texts, with n for the rows."""
    if isinstance(output, list):
        return "maps from class to number"
    dims = ["n", *map(str, output.shape[1:])] if output.ndim else []
    shape = f"({', '.join(dims)}{',' if len(dims) == 1 else ''})"
    return f"{'string' if output.dtype.kind in 'OU' else output.dtype} {shape}"


def _tell_apart(outputs: Mapping[str, Any], hints: OutputHints) -> tuple[str, str | None]:
    """Return the name of the output with the values and, if any, of the one with the labels."""
    numbers = [name for name, output in outputs.items() if is_values(output)]
    telling = [name for name in numbers if isinstance(outputs[name], list) or _is_telling(name)]
    label = next((name for name, output in outputs.items() if is_label(output)), None)
    for found in (numbers, telling):
        if len(found) == 1:
            return found[0], label
    if numbers:
        fail(
            hints.ref,
            f"has several outputs that could be the prediction ({texts_of(outputs)}), and no record of its choice",
            "register it with --prediction OUTPUT or --scores OUTPUT",
        )
    if label is not None and outputs[label].dtype.kind in "biu" and hints.task in ("regression", "unknown"):
        return label, None
    fail(
        hints.ref,
        f"has no output of numbers to predict with, got {texts_of(outputs)}",
        "export it with probabilities",
    )


@cache
def _is_telling(name: str) -> bool:
    return any(word in name.lower() for word in _TELLING)


def _read(outputs: Mapping[str, Any], values: str, label: str | None, hints: OutputHints) -> OutputParts:
    labels = None if label is None else as_text(outputs[label].reshape(-1))
    output = outputs[values]
    if isinstance(output, list):
        matrix, classes = _read_maps(output, values, hints)
        return OutputParts(matrix, labels, classes, is_classes=True)
    matrix = _doubles(output)
    if matrix.ndim != 2:
        if matrix.ndim != 1:
            fail(hints.ref, f"gave output {values!r} of shape {output.shape}, expected (n,) or (n, c)")
        matrix = matrix.reshape(-1, 1)
    return OutputParts(matrix, labels, hints.classes, is_classes=label is not None)


def _read_maps(
    maps: Sequence[Mapping[Any, float]], name: str, hints: OutputHints
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return columns in the order of the hinted classes, else of the first map's keys."""
    if not maps:
        names = hints.classes or ("0", "1")
        return np.empty((0, len(names))), names
    keys = {str(key): key for key in maps[0]}
    classes = hints.classes or tuple(keys)
    if set(classes) != set(keys) or len(classes) < 2:
        fail(hints.ref, f"gave output {name!r} for classes {', '.join(keys)}; its spec has {', '.join(classes)}")
    rows = map(itemgetter(*(keys[label] for label in classes)), maps)
    matrix = np.fromiter(chain.from_iterable(rows), np.float64, len(maps) * len(classes))
    return matrix.reshape(len(maps), len(classes)), classes


def as_text(labels: NDArray[Any]) -> NDArray[np.object_]:
    """Return labels as text."""
    if labels.dtype.kind == "O":
        return labels
    if labels.dtype.kind == "i":
        with suppress(IndexError):
            return _SMALL_NUMBERS.take(labels)
    return labels.astype(str).astype(object)


# A look-up of a small class number takes a tenth of the time of formatting it. Negative ones count from the end.
_SMALL_NUMBERS: NDArray[np.object_] = np.array(list(map(str, [*range(256), *range(-256, 0)])), dtype=object)

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

_TELLING = ("prob", "score")


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


class OutputParts(NamedTuple):
    """A model's outputs, separated."""

    values: NDArray[np.float64]  # (n, c)
    label: NDArray[np.object_] | None
    classes: tuple[str, ...] | None
    is_classes: bool  # the columns are known to be classes


def read_parts(outputs: Mapping[str, Any], hints: OutputHints) -> OutputParts:
    """Find the values (maps, else the output with a telling name, else the first floats) and their labels."""
    values, label = _tell_apart(outputs, hints)
    return _read(outputs, values, label, hints)


def _tell_apart(outputs: Mapping[str, Any], hints: OutputHints) -> tuple[str, str | None]:
    """Return the name of the output with the values and, if any, of the one with the labels."""
    values, telling, label = "", "", None
    for name, output in outputs.items():
        if isinstance(output, list) or output.dtype.kind == "f":
            values = values or name
            if not telling and (isinstance(output, list) or _is_telling(name)):
                telling = name
        elif label is None and (output.ndim == 1 or output.shape[1:] == (1,)):
            label = name
    if telling or values:
        return telling or values, label
    if label is not None and outputs[label].dtype.kind in "biu" and hints.task in ("regression", "unknown"):
        return label, None
    got = ", ".join(f"{name!r} {output.dtype} {output.shape}" for name, output in outputs.items()) or "none"
    fail(hints.ref, f"has no output of numbers to predict with, got {got}", "export it with probabilities")


@cache
def _is_telling(name: str) -> bool:
    return any(word in name.lower() for word in _TELLING)


def _read(outputs: Mapping[str, Any], values: str, label: str | None, hints: OutputHints) -> OutputParts:
    labels = None if label is None else _as_text(outputs[label].reshape(-1))
    output = outputs[values]
    if isinstance(output, list):
        matrix, classes = _read_maps(output, values, hints)
        return OutputParts(matrix, labels, classes, is_classes=True)
    matrix = output.astype(np.float64)
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


def _as_text(labels: NDArray[Any]) -> NDArray[np.object_]:
    if labels.dtype.kind == "O":
        return labels
    if labels.dtype.kind == "i":
        with suppress(IndexError):
            return _SMALL_NUMBERS.take(labels)
    return labels.astype(str).astype(object)


# A look-up of a small class number takes a tenth of the time of formatting it. Negative ones count from the end.
_SMALL_NUMBERS: NDArray[np.object_] = np.array(list(map(str, [*range(256), *range(-256, 0)])), dtype=object)

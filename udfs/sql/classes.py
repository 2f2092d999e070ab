"""The classes or outputs of one row as rows, and which of them a query wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conf.nearest import suggest
from udfs.features.errors import FeatureError
from udfs.scoring.prediction_batch import PredictionBatch

SCORE_COLUMNS = (
    ("label", "STRING"),
    ("score", "DOUBLE"),
    ("place", "INT"),
    ("model", "STRING"),
    ("version", "STRING"),
    ("status", "STRING"),
    ("reason", "STRING"),
)
"""Name and SQL type of each field of a class."""

ScoreRow = tuple[str | None, float | None, int | None, str, str, str, str | None]

_NAMES = ("top_k", "threshold")
_UNFIT = "error"


@dataclass(frozen=True)
class ClassOptions:
    """The classes that a query wants.

    Attributes:
        top_k: most classes of a row; None: all.
        threshold: least score of a class; None: any.
    """

    top_k: int | None = None
    threshold: float | None = None

    @classmethod
    def split(cls, arguments: Sequence[Any]) -> tuple[ClassOptions, Sequence[Any]]:
        """Return options and columns of a call; a MAP in front holds the options, as in ``MAP['top_k', '3']``.

        Raises:
            FeatureError: an option is unknown or has no such value.

        Example:
            >>> ClassOptions.split(({"top_k": "2"}, 1.5))
            (ClassOptions(top_k=2, threshold=None), (1.5,))
        """
        if not arguments or not isinstance(arguments[0], Mapping):
            return cls(), arguments
        return cls.read(arguments[0]), arguments[1:]

    @classmethod
    def read(cls, given: Mapping[Any, Any]) -> ClassOptions:
        """Return the options of a MAP.

        Raises:
            FeatureError: an option is unknown or has no such value.
        """
        for name in given:
            if name not in _NAMES:
                hint = suggest(str(name), _NAMES) or "leave it out"
                msg = "options of gress_score"
                raise FeatureError(msg, " or ".join(_NAMES), repr(name), hint)
        return cls(_number(given, "top_k", int), _number(given, "threshold", float))


def classes_of(batch: PredictionBatch, options: ClassOptions) -> list[ScoreRow]:
    """Return the rows of a batch of one row, the class with the highest score first.

    A model without classes has one output, without a label. A row that the model refuses has one row with the reason.
    """
    found = batch.columns()
    said: tuple[str, str, str, str | None] = tuple(found[name][0] for name, _ in SCORE_COLUMNS[3:])
    if batch.problems:
        return [(None, None, None, *said)]
    labels, scores = _labelled(batch)
    order = sorted(range(len(scores)), key=lambda place: -scores[place])[: options.top_k]
    return [
        (labels[place], scores[place], rank, *said)
        for rank, place in enumerate(order, 1)
        if options.threshold is None or scores[place] >= options.threshold
    ]


def unfit_row(model: str, version: str, reason: str) -> ScoreRow:
    """Return the row of a version that does not fit a call.

    >>> unfit_row("fraud", "1.0.0", "it has other columns")
    (None, None, None, 'fraud', '1.0.0', 'error', 'it has other columns')
    """
    return None, None, None, model, version, _UNFIT, reason


def _labelled(batch: PredictionBatch) -> tuple[Sequence[str | None], Sequence[float]]:
    answer = batch.answers[0].answer
    is_fallback = answer.status is not None and str(answer.status[0]).startswith("fallback:")
    spec = answer.fallback if is_fallback and answer.fallback is not None else answer.spec
    scores = answer.scores.scores
    classes = spec.classes or ()
    if scores is None or not np.isfinite(scores[0]).all():
        # A default answer has no score of each class.
        return (None if batch.label is None else batch.label[0],), (float(batch.prediction[0]),)
    row = [float(score) for score in scores[0]]
    if len(classes) == len(row):
        return tuple(classes), row
    own = None if batch.label is None else batch.label[0]
    return _unnamed(own, len(row), int(np.argmax(scores[0]))), row


def _unnamed(own: str | None, width: int, top: int) -> tuple[str | None, ...]:
    """Return labels of classes that the record does not name: numbers in the order of the scores.

    Where the model itself says another label, it alone is known, and numbers would name other classes.

    >>> _unnamed("2", 3, 2), _unnamed("7", 3, 2)
    (('0', '1', '2'), (None, None, '7'))
    """
    if own is None or own == str(top):
        return tuple(map(str, range(width)))
    return tuple(own if place == top else None for place in range(width))


def _number(given: Mapping[Any, Any], name: str, kind: type) -> Any:
    if given.get(name) is None:
        return None
    try:
        value = kind(given[name])
    except (TypeError, ValueError):
        value = None
    if value is None or value != value or (name == "top_k" and value < 1):  # noqa: PLR0124
        expected = "a whole number of at least 1" if kind is int else "a number"
        msg = f"option {name} of gress_score"
        raise FeatureError(msg, expected, repr(given[name]), "write it as in '3'")
    return value

"""The classes or outputs of one prediction as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conf.nearest import suggest
from udfs.features.errors import FeatureError
from udfs.scoring.prediction_batch import PredictionBatch

_NAMES = ("top_k", "threshold")


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
        given = arguments[0]
        for name in given:
            if name not in _NAMES:
                hint = suggest(str(name), _NAMES) or "leave it out"
                msg = "options of gress_score"
                raise FeatureError(msg, " or ".join(_NAMES), repr(name), hint)
        return cls(_number(given, "top_k", int), _number(given, "threshold", float)), arguments[1:]


def classes_of(batch: PredictionBatch, options: ClassOptions) -> list[tuple[str | None, float, int]]:
    """Return label, score and rank of the classes of a batch of one row, the highest score first.

    A model without classes has one output, without a label. A row without a prediction has nothing.
    """
    prediction = float(batch.prediction[0])
    if not np.isfinite(prediction):
        return []
    labels, scores = _labelled(batch, prediction)
    order = sorted(range(len(scores)), key=lambda place: -scores[place])[: options.top_k]
    return [
        (labels[place], scores[place], rank)
        for rank, place in enumerate(order, 1)
        if options.threshold is None or scores[place] >= options.threshold
    ]


def _labelled(batch: PredictionBatch, prediction: float) -> tuple[Sequence[str | None], Sequence[float]]:
    answer = batch.answers[0].answer
    scores = answer.scores.scores
    classes = answer.spec.classes
    if scores is None or classes is None:
        return (None,), (prediction,)
    return tuple(map(str, classes)), [float(score) for score in scores[0]]


def _number(given: Mapping[str, Any], name: str, kind: type) -> Any:
    if given.get(name) is None:
        return None
    try:
        value = kind(given[name])
    except (TypeError, ValueError):
        value = None
    if value is None or (name == "top_k" and value < 1):
        expected = "a whole number of at least 1" if kind is int else "a number"
        msg = f"option {name} of gress_score"
        raise FeatureError(msg, expected, repr(given[name]), "write it as in '3'")
    return value

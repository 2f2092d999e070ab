"""Columns to predictions: features, model, and the rows that neither can do anything with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.loaded import LoadedModel
from models.outputs import Scores
from models.serving.source import ModelSource
from models.spec import ModelSpec
from udfs.dead_letters import Problem
from udfs.features.feature_set import FeatureSet


@dataclass(frozen=True)
class Predictions:
    """Answers for the n rows of a batch.

    Attributes:
        prediction: ``(n,)`` float64, NaN in rows with a problem.
        label: ``(n,)`` text, or None where the model has no classes.
        scores: ``(n, c)`` float64, or None where the model gives one value.
        spec: of the model that scored all of them.
        latency_us: microseconds from columns to scores, for the batch.
        problems: by row.
    """

    prediction: NDArray[Any]
    label: NDArray[Any] | None
    scores: NDArray[Any] | None
    spec: ModelSpec
    latency_us: int
    problems: Mapping[int, Problem] = field(default_factory=dict)


class Scorer:
    """Scores batches on one feature set, each with the model that serves at the time.

    Args:
        features: what the columns become.
        models: hands out what scores them.
        fields: columns of the feature set that the model gets, in its order; empty: all.
        clock: nanoseconds, for latency.
    """

    def __init__(
        self,
        features: FeatureSet,
        models: ModelSource,
        *,
        fields: tuple[str, ...] = (),
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self.features = features
        self.models = models
        self._picked = [features.columns.index(name) for name in fields] if fields else None
        self._clock = clock

    def score(self, columns: Mapping[str, NDArray[Any]]) -> Predictions:
        """Return one prediction or one problem per row; a bad row never costs its batch."""
        start = self._clock()
        matrix = self.features.transform(columns)
        if self._picked is not None:
            matrix = np.ascontiguousarray(matrix[:, self._picked])
        problems: dict[int, Problem] = {}
        with self.models.lease() as model:
            spec = model.spec
            scores = _predict(model, matrix, 0, problems)
        self.models.observe(matrix, scores)
        bad = ~np.isfinite(scores.prediction)
        if bad.any():
            for row in np.flatnonzero(bad).tolist():
                got = f"{spec.ref}: expected a finite score, got {scores.prediction[row].item()}"
                problems.setdefault(row, Problem("not_finite", got))
        latency_us = (self._clock() - start) // 1000
        return Predictions(scores.prediction, scores.label, scores.scores, spec, latency_us, problems)


def _predict(model: LoadedModel, matrix: NDArray[Any], first: int, problems: dict[int, Problem]) -> Scores:
    """Predict; where that fails, halve the batch until the rows that fail stand alone."""
    if len(matrix) == 0:
        return Scores(np.empty(0), None, None)
    try:
        return model.predict_matrix(matrix)
    except Exception as error:
        if len(matrix) == 1:
            text = str(error) if isinstance(error, ModelError) else f"{model.spec.ref}: {error}"
            problems[first] = Problem("failed", " ".join(text.split()))
            return Scores(np.full(1, np.nan), None, None)
    half = len(matrix) // 2
    return _joined(
        _predict(model, matrix[:half], first, problems),
        _predict(model, matrix[half:], first + half, problems),
    )


def _joined(left: Scores, right: Scores) -> Scores:
    prediction = np.concatenate([left.prediction, right.prediction])
    sides = ((left, len(left.prediction)), (right, len(right.prediction)))
    label = None
    if left.label is not None or right.label is not None:
        label = np.concatenate([np.full(n, None, object) if s.label is None else s.label for s, n in sides])
    scores = None
    width = next((s.scores.shape[1] for s, _ in sides if s.scores is not None), None)
    if width is not None:
        scores = np.concatenate(
            [np.full((n, width), np.nan) if s.scores is None else s.scores for s, n in sides]
        )
    return Scores(prediction, label, scores)

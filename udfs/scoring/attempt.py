"""One model's attempt at a batch: the scores, and the blame for rows without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from models.errors import ModelError
from models.scoring.inputs import Inputs
from models.scoring.loaded import LoadedModel
from models.scoring.outputs import Scores
from udfs.dead_letters import Problem

# Most failed calls in the search for bad rows; if none succeeded by then, the model is to blame.
_MAX_FAILURES = 256


@dataclass(frozen=True)
class Attempt:
    """The result of a batch of n rows.

    Attributes:
        scores: scores of all rows; NaN in rows with a problem.
        problems: problems by row.
        is_broken: the model fails, not single rows.
    """

    scores: Scores
    problems: Mapping[int, Problem] = field(default_factory=dict)
    is_broken: bool = False


class Attempts:
    """Attempts of one model at batches; a row that it once scored shows whether model or rows are at fault."""

    def __init__(self) -> None:
        self._known_good: Inputs | None = None

    def run(self, model: LoadedModel, inputs: Inputs) -> Attempt:
        """Score a batch; bad rows never cost the others their scores."""
        try:
            scores = model.predict(inputs)
        except Exception as error:
            return self._without_bad_rows(model, inputs, error)
        if np.isfinite(scores.prediction).all():
            if self._known_good is None and len(inputs):
                self._known_good = inputs.take(slice(1)).copy()
            return Attempt(scores)
        refused = _refused(model, inputs)
        problems = {**_not_finite(model, scores), **refused}
        # Rows without a value say nothing about the model.
        is_broken = len(problems) == len(inputs) > len(refused) and not self._still_scores(model)
        return Attempt(_without(scores, problems), problems, is_broken)

    def _still_scores(self, model: LoadedModel) -> bool:
        """Return whether the model still scores a row that it scored before; False if there is no such row."""
        if self._known_good is None:
            return False
        try:
            return bool(np.isfinite(model.predict(self._known_good).prediction).all())
        except Exception:
            return False

    def _without_bad_rows(self, model: LoadedModel, inputs: Inputs, error: Exception) -> Attempt:
        """Score a batch that failed as a whole, in parts down to single rows."""
        if self._known_good is not None and not self._still_scores(model):
            return broken(model, len(inputs), error)
        search = _Search(model, self._known_good)
        scores = search.run(inputs, 0, error)
        self._known_good = search.known_good
        if self._known_good is None:
            return broken(model, len(inputs), error)
        problems = {**_not_finite(model, scores), **_refused(model, inputs), **search.problems}
        return Attempt(_without(scores, problems), problems)


def broken(model: LoadedModel, size: int, error: Exception, reason: str = "failed") -> Attempt:
    """Return an attempt that scored no row."""
    problem = Problem(reason, _text(model, error))
    return Attempt(_nothing(size), dict.fromkeys(range(size), problem), is_broken=True)


@dataclass
class _Search:
    """A search for bad rows, which halves a failing batch until they stand alone."""

    model: LoadedModel
    known_good: Inputs | None
    failures: int = 0
    problems: dict[int, Problem] = field(default_factory=dict)

    def run(self, inputs: Inputs, first: int, error: Exception) -> Scores:
        self.failures += 1
        is_hopeless = self.failures > _MAX_FAILURES and self.known_good is None
        if len(inputs) == 1 or is_hopeless:
            for row in range(first, first + len(inputs)):
                self.problems[row] = Problem("failed", _text(self.model, error))
            return _nothing(len(inputs))
        half = len(inputs) // 2
        parts = ((inputs.take(slice(half)), first), (inputs.take(slice(half, None)), first + half))
        return joined(*(self._half(part, start) for part, start in parts))

    def _half(self, inputs: Inputs, first: int) -> Scores:
        try:
            scores = self.model.predict(inputs)
        except Exception as error:
            return self.run(inputs, first, error)
        if self.known_good is None and np.isfinite(scores.prediction[0]):
            self.known_good = inputs.take(slice(1)).copy()
        return scores


def joined(left: Scores, right: Scores) -> Scores:
    """Return scores joined end to end, with classes and labels if a side has them."""
    prediction = np.concatenate([left.prediction, right.prediction])
    sides = ((left, len(left.prediction)), (right, len(right.prediction)))
    label = None
    if left.label is not None or right.label is not None:
        label = np.concatenate([np.full(n, None, object) if s.label is None else s.label for s, n in sides])
    scores = None
    width = next((s.scores.shape[1] for s, _ in sides if s.scores is not None), None)
    if width is not None:
        scores = np.concatenate([np.full((n, width), np.nan) if s.scores is None else s.scores for s, n in sides])
    return Scores(prediction, label, scores)


def _nothing(size: int) -> Scores:
    return Scores(np.full(size, np.nan), None, None)


def _without(scores: Scores, problems: Mapping[int, Problem]) -> Scores:
    """Return scores whose prediction is NaN in rows with a problem."""
    prediction = scores.prediction.copy()
    prediction[list(problems)] = np.nan
    return replace(scores, prediction=prediction)


def _not_finite(model: LoadedModel, scores: Scores) -> dict[int, Problem]:
    bad = np.flatnonzero(~np.isfinite(scores.prediction))
    text = f"{model.spec.ref}: expected a finite score, got "
    return {int(row): Problem("not_finite", f"{text}{scores.prediction[row].item()}") for row in bad}


def _refused(model: LoadedModel, inputs: Inputs) -> dict[int, Problem]:
    """Return the problems of rows without a value of a raw field that the model takes."""
    return {row: Problem("failed", text) for row, text in model.refused(inputs).items()}


def _text(model: LoadedModel, error: Exception) -> str:
    text = str(error) if isinstance(error, ModelError) else f"{model.spec.ref}: {error}"
    return " ".join(text.split())

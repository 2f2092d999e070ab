"""Fallbacks in order: primary, previous version, default prediction, dead letter; a row gets the first that works."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.scoring.inputs import Inputs
from models.scoring.loaded import LoadedModel
from models.scoring.outputs import Scores
from models.serving.source import ModelSource
from models.spec import ModelSpec
from udfs.dead_letters import Problem
from udfs.scoring.attempt import Attempt, Attempts, broken
from udfs.scoring.breaker import BreakerOptions, BreakerState, CircuitBreaker
from udfs.scoring.deadline import DeadlineError, DeadlineRunner

_ROWS_PER_DEADLINE = 512


class FallbackListener(Protocol):
    """A listener for batches with rows that the first model could not score."""

    def fallback(self, spec: ModelSpec, reason: str, rows: int) -> None:
        """Count rows that got another model's prediction or the default one, with the reason; called once a batch."""

    def breaker(self, spec: ModelSpec, state: BreakerState) -> None:
        """Note that a model's breaker opened, lets a probe through, or closed."""


@dataclass(frozen=True)
class LadderOptions:
    """Options of the fallbacks.

    Attributes:
        default: prediction of a row that no model scores; None: such a row is a dead letter.
        deadline_s: longest time a model may take for up to 512 rows; applies only if a fallback exists.
        max_hanging: most abandoned model calls that may still be running.
        breaker: limits at which a breaker opens and closes.
    """

    default: float | None = None
    deadline_s: float = 0.1
    max_hanging: int = 10
    breaker: BreakerOptions = field(default_factory=BreakerOptions)


@dataclass(frozen=True)
class Answer:
    """Scores of n rows, and the source of each row's score.

    Attributes:
        scores: scores; NaN in rows with a problem.
        spec: spec of the primary model.
        status: ``(n,)`` text: ``ok``, ``fallback:VERSION`` or ``default``; None: all rows are ``ok``.
        why: ``(n,)`` reason of the primary's failure, None in rows that are ``ok``; None: all are.
        fallback: spec of the model that scored the rows with status ``fallback:VERSION``.
        problems: problems of rows without any prediction.
    """

    scores: Scores
    spec: ModelSpec
    status: NDArray[np.object_] | None = None
    why: NDArray[np.object_] | None = None
    fallback: ModelSpec | None = None
    problems: Mapping[int, Problem] = field(default_factory=dict)


@dataclass
class _Health:
    """The health of one version: its breaker, a row that it once scored, and whether its last call was late."""

    breaker: CircuitBreaker
    attempts: Attempts = field(default_factory=Attempts)
    was_late: bool = False


class Ladder:
    """A scorer of batches that passes the rows without a score on to the next fallback.

    The breaker and the deadline apply only if a fallback exists; otherwise the model is retried with each batch and
    may take as long as it needs.

    Args:
        models: source of the primary and the previous version.
        options: fallbacks and limits.
        listener: listener that is called for rows scored by a fallback.
    """

    def __init__(self, models: ModelSource, options: LadderOptions, listener: FallbackListener) -> None:
        self._models = models
        self._options = options
        self._listener = listener
        self._runner = DeadlineRunner(options.max_hanging)
        self._health: dict[str, _Health] = {}

    def score(self, inputs: Inputs) -> Answer:
        """Return a prediction or a problem for each row."""
        with ExitStack() as stack:
            other = stack.enter_context(self._models.lease_fallback())
            is_bounded = other is not None or self._options.default is not None
            with ExitStack() as held:
                model = held.enter_context(self._models.lease())
                first = self._try(model, inputs.only(model.raw_fields), is_bounded, held.pop_all)
            if not first.problems:
                return Answer(first.scores, model.spec)
            return self._below(model.spec, first, inputs, other, stack.pop_all)

    def raw_fields(self) -> tuple[str, ...]:
        """Return the raw fields that the models read now."""
        with self._models.lease() as model, self._models.lease_fallback() as other:
            return *model.raw_fields, *(() if other is None else other.raw_fields)

    def observe(self, inputs: Inputs, answer: Answer) -> None:
        """Show the source of the models rows that were scored."""
        self._models.observe(inputs, answer.scores)

    def nothing(self) -> Answer:
        """Return the answer for no rows."""
        with self._models.lease() as model:
            return Answer(Scores(np.empty(0), None, None), model.spec)

    def close(self) -> None:
        """End the idle threads."""
        self._runner.close()

    def _try(self, model: LoadedModel, inputs: Inputs, is_bounded: bool, keep: Callable[[], ExitStack]) -> Attempt:
        health = self._health_of(model.spec)
        if is_bounded and not health.breaker.allows():
            text = f"left alone after {self._options.breaker.failures} failed batches"
            return broken(model, len(inputs), RuntimeError(text), "breaker_open")
        if not is_bounded:
            attempt = health.attempts.run(model, inputs)
        elif len(inputs) == 1 and not health.was_late:
            attempt = self._timed(health, model, inputs)
        else:
            attempt = self._in_time(health, model, inputs, keep)
        if attempt.is_broken:
            health.breaker.failed()
        else:
            health.breaker.succeeded()
        return attempt

    def _timed(self, health: _Health, model: LoadedModel, inputs: Inputs) -> Attempt:
        """Score a single event on this thread, because a switch of threads would cost more than the model does.

        A late score is still used. After it calls run on another thread with a deadline, until one is in time again.
        """
        start = time.monotonic()
        attempt = health.attempts.run(model, inputs)
        health.was_late = time.monotonic() - start > self._options.deadline_s
        return attempt

    def _in_time(self, health: _Health, model: LoadedModel, inputs: Inputs, keep: Callable[[], ExitStack]) -> Attempt:
        seconds = self._options.deadline_s * max(1.0, len(inputs) / _ROWS_PER_DEADLINE)
        try:
            call = self._runner.start(lambda: health.attempts.run(model, inputs))
        except DeadlineError as error:
            return broken(model, len(inputs), error, "too_slow")
        try:
            attempt = call.result(seconds)
            health.was_late = False
            return attempt
        except DeadlineError as error:
            health.was_late = True
            # The call still uses the model, so release the model when the call ends.
            kept = keep()
            self._runner.give_up(call, kept.close)
            return broken(model, len(inputs), error, "too_slow")

    def _below(
        self,
        spec: ModelSpec,
        first: Attempt,
        inputs: Inputs,
        other: LoadedModel | None,
        keep: Callable[[], ExitStack],
    ) -> Answer:
        size = len(inputs)
        status, why = np.full(size, "ok", dtype=object), np.full(size, None, dtype=object)
        problems = dict(first.problems)
        scores = first.scores
        for row, problem in problems.items():
            why[row] = problem.reason
        if other is not None:
            rows = np.array(sorted(problems))
            left = inputs.only(other.raw_fields).take(rows)
            second = self._try(other, left, self._options.default is not None, keep)
            got = np.array([index for index in range(len(rows)) if index not in second.problems], dtype=np.int64)
            scores = _put(scores, rows[got], _taken(second.scores, got))
            status[rows[got]] = f"fallback:{other.spec.version}"
            for row in rows[got].tolist():
                del problems[row]
        if self._options.default is not None and problems:
            rows = np.array(sorted(problems))
            scores = _put(scores, rows, Scores(np.full(len(rows), self._options.default), None, None))
            status[rows] = "default"
            problems = {}
        self._count(spec, first.problems, problems)
        return Answer(scores, spec, status, why, other.spec if other is not None else None, problems)

    def _count(self, spec: ModelSpec, before: Mapping[int, Problem], left: Mapping[int, Problem]) -> None:
        reasons: dict[str, int] = {}
        for row, problem in before.items():
            if row not in left:
                reasons[problem.reason] = reasons.get(problem.reason, 0) + 1
        for reason, rows in reasons.items():
            self._listener.fallback(spec, reason, rows)

    def _health_of(self, spec: ModelSpec) -> _Health:
        key = f"{spec.ref} {spec.sha256}"
        known = self._health.get(key)
        if known is None:
            breaker = CircuitBreaker(self._options.breaker, lambda state: self._listener.breaker(spec, state))
            known = self._health[key] = _Health(breaker)
        return known


def _taken(scores: Scores, rows: NDArray[np.int64]) -> Scores:
    return Scores(
        scores.prediction[rows],
        None if scores.label is None else scores.label[rows],
        None if scores.scores is None else scores.scores[rows],
    )


def _put(scores: Scores, rows: NDArray[Any], values: Scores) -> Scores:
    """Return scores with some rows replaced; these rows keep their classes if both sides have equally many."""
    size = len(scores.prediction)
    prediction = scores.prediction.copy()
    prediction[rows] = values.prediction
    label = None
    if scores.label is not None or values.label is not None:
        label = np.full(size, None, dtype=object) if scores.label is None else scores.label.astype(object)
        label[rows] = None if values.label is None else values.label
    classes = scores.scores
    if classes is None and values.scores is not None:
        classes = np.full((size, values.scores.shape[1]), np.nan)
    elif classes is not None:
        classes = classes.copy()
    if classes is not None:
        fits = values.scores is not None and values.scores.shape[1] == classes.shape[1]
        classes[rows] = values.scores if fits else np.nan
    return Scores(prediction, label, classes)

"""Course of one model: rows are predicted, then learnt or held out, and both predictions and losses are followed.

Rules of this file:

- Everything follows from the order of rows alone: looks of the guard, and reactions to drift, come after fixed numbers
  of rows. How rows are cut into batches decides nothing.
- A held-out row is predicted as it comes, and never learnt: neither by the model nor by the scaler.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from state.learning.holdout import is_held_out
from state.learning.packed import pack, unpack
from state.learning.prequential import Prequential
from state.learning.scaler import RunningScaler, ScalerSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from state.learners.learner import Learner
    from state.learning.losses import Task
    from state.training.samples import Samples

VERSION = 1


@dataclass(frozen=True)
class CourseSettings:
    """Settings of a course.

    Attributes:
        make_learner: function that makes a new learner.
        task: what is predicted.
        split: share of rows that are held out.
        fading: weight that a row keeps in scores when the next one comes.
        scaler: how features are standardised; None: they are not.
        features: number of features of a row.
    """

    make_learner: Callable[[], Learner]
    task: Task
    split: float
    fading: float
    scaler: ScalerSettings | None
    features: int


class Course:
    """A model while it learns.

    Args:
        settings: settings of the course.

    Attributes:
        updates: rows learnt.
        held_out: rows held out.
        newest: event time of the newest row learnt, ms since 1970; -1: none was.
    """

    def __init__(self, settings: CourseSettings) -> None:
        self._settings = settings
        self.learner = settings.make_learner()
        self.scaler = None if settings.scaler is None else RunningScaler(settings.features, settings.scaler)
        self._own = Prequential(settings.task, fading=settings.fading)
        self._served = Prequential(settings.task, fading=settings.fading)
        self.updates, self.held_out, self.newest = 0, 0, -1

    def learn(self, samples: Samples) -> None:
        """Learn samples in their order."""
        is_held = is_held_out(samples.points, self._settings.split)
        weights = np.where(is_held, 0.0, samples.weights)
        rows = samples.features.astype(np.float64)
        if self.scaler is not None:
            rows = self.scaler.transform_learn(rows, weights > 0)
        predictions = self.learner.learn_many(rows, samples.targets, weights)
        self._own.update(predictions, samples.targets)
        self._served.update(samples.served, samples.targets)
        learnt = np.flatnonzero(weights > 0)
        self.updates += len(learnt)
        self.held_out += int(np.count_nonzero(is_held))
        if len(learnt):
            self.newest = max(self.newest, int(samples.times[learnt].max()))

    def scores(self) -> dict[str, float]:
        """Return the scores of the predictions that the model made before it learnt each row."""
        return self._own.metrics()

    def served_scores(self) -> dict[str, float]:
        """Return the scores of the predictions that the job gave for the same rows."""
        return self._served.metrics()

    def report(self) -> dict[str, Any]:
        """Return what is to be told of the course."""
        return {
            "updates": self.updates,
            "held_out": self.held_out,
            "scores": self.scores(),
            "served": self.served_scores(),
        }

    def to_bytes(self) -> bytes:
        """Return the state."""
        counts = np.array([self.updates, self.held_out, self.newest], "<i8").tobytes()
        scaler = b"" if self.scaler is None else self.scaler.to_bytes()
        return pack(VERSION, counts, self.learner.to_bytes(), scaler, self._own.to_bytes(), self._served.to_bytes())

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version or of other settings.
        """
        counts, learner, scaler, own, served = unpack("course", VERSION, data)
        self.updates, self.held_out, self.newest = np.frombuffer(counts, "<i8").tolist()
        self.learner.restore(learner)
        if self.scaler is not None:
            self.scaler.restore(scaler)
        self._own.restore(own)
        self._served.restore(served)

"""Course of one model: rows are predicted, then learnt or held out; what makes the model worse is taken back.

Rules of this file:

- Everything follows from the order of rows alone: looks of the guard come after fixed numbers of rows. How rows are cut
  into batches decides nothing.
- A row whose outcome is none, such as the number of no class, is skipped.
- A held-out row is predicted as it comes, and never learnt: neither by the model nor by the scaler.
- What is taken back is the model; counts are of what happened, and never fall.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from state.learning.guard import Guard, GuardSettings
from state.learning.holdout import HoldoutRows, is_held_out
from state.learning.packed import pack, unpack
from state.learning.prequential import Prequential
from state.learning.row_cuts import row_cuts
from state.learning.statistics.losses import LOSSES
from state.training.chain import Chain, ChainSettings
from state.training.learnt_model import LearntModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from state.training.samples import Samples

VERSION = 2
_MOST_TEXT = 300


class _Restorable(Protocol):
    def to_bytes(self) -> bytes: ...

    def restore(self, data: bytes) -> None: ...


@dataclass(frozen=True)
class CourseSettings:
    """Settings of a course.

    Attributes:
        chain: of what learns.
        split: share of rows that are held out; 0: none is, and the guard looks at the weights alone.
        fading: weight that a row keeps in scores when the next one comes.
        guard: when what was learnt is taken back.
        every: rows between two looks of the guard.
        holdout_rows: newest held-out rows that it looks at.
    """

    chain: ChainSettings
    split: float
    fading: float
    guard: GuardSettings
    every: int
    holdout_rows: int


class Course:
    """A model while it learns.

    Args:
        settings: settings of the course.

    Attributes:
        updates: rows learnt.
    """

    def __init__(self, settings: CourseSettings) -> None:
        task = settings.chain.task
        self._settings = settings
        self._chain = Chain.of(settings.chain)
        self._guard = Guard(settings.guard, LOSSES[task].main, self._chain.whole)
        self._holdout = HoldoutRows(settings.holdout_rows, settings.chain.features)
        self._own = Prequential(task, fading=settings.fading)
        self._served = Prequential(task, fading=settings.fading)
        self._seen, self._held_out, self._newest, self.updates, self._drifts = 0, 0, -1, 0, 0
        self._failure = ""

    @property
    def taken_back(self) -> int:
        """Updates that the guard took back so far."""
        return self._guard.rolled_back

    @property
    def chain(self) -> Chain:
        """The chain that learns."""
        return self._chain

    @property
    def seen(self) -> int:
        """Rows that have come."""
        return self._seen

    def chosen(self, samples: Samples) -> tuple[Samples, NDArray[np.bool_], NDArray[np.float64]]:
        """Return samples with NaN for outcomes that are none, which of them are held out, and the weights to learn by.

        The weight is 0 where a row is not learnt.
        """
        is_sound = self._settings.chain.is_outcome(samples.targets)
        if not is_sound.all():
            samples = replace(samples, targets=np.where(is_sound, samples.targets, np.nan))
        is_held = is_held_out(samples.points, self._settings.split) & is_sound
        return samples, is_held, np.where(is_held | ~is_sound, 0.0, samples.weights)

    def learn(self, samples: Samples) -> NDArray[np.float64]:
        """Learn samples in their order.

        Returns:
            What was predicted of each row before it was learnt, (n,) or (n, classes).
        """
        predictions = []
        samples, is_held, weights = self.chosen(samples)
        for part in row_cuts(self._seen, len(samples), self._settings.every):
            predictions.append(self._learn(samples.take(part), weights[part], is_held[part]))
            if self._seen % self._settings.every == 0:
                self._guard.check(self._chain.whole, self._holdout)
        return np.concatenate(predictions) if predictions else np.zeros(0)

    def _learn(self, samples: Samples, weights: Any, is_held: Any) -> NDArray[np.float64]:
        rows, drifts = samples.features.astype(np.float64), self._chain.whole.drifts
        try:
            predictions = self._chain.whole.learn_many(rows, samples.targets, weights)
        except Exception as error:
            # One update of a model that learns beside the job must not end the job.
            self._guard.take_back(self._chain.whole)
            self._failure = f"{type(error).__name__}: {str(error).partition(chr(10))[0][:_MOST_TEXT]}"
            predictions, weights = np.full(len(rows), np.nan), np.zeros(len(rows))
        self._drifts += self._chain.whole.drifts - drifts
        self._own.update(predictions, samples.targets)
        if self._settings.chain.task != "classes":  # of several classes the job's answer holds only the likeliest
            self._served.update(samples.served, samples.targets)
        held, learnt = np.flatnonzero(is_held), np.flatnonzero(weights > 0)
        self._holdout.add(samples.points[held], rows[held], samples.targets[held], samples.times[held])
        self._seen += len(samples)
        self._held_out += len(held)
        self.updates += len(learnt)
        if len(learnt):
            self._newest = max(self._newest, int(samples.times[learnt].max()))
        return predictions

    def report(self) -> dict[str, Any]:
        """Return the report on the course: scores and counts since it began."""
        counts = self._guard.counts
        return {
            "updates": self.updates,
            "held_out": self._held_out,
            "skipped": self._seen - self.updates - self._held_out,
            "scores": self._own.metrics(),
            "served": self._served.metrics(),
            "guard": {"looks": sum(counts.values()), "rolled_back": self._guard.rolled_back},
            "drifts": self._drifts,
            **({"failure": self._failure} if self._failure else {}),
        }

    def model(self, scores: Mapping[str, float] | None = None) -> LearntModel:
        """Return the model as it is now, with the report of a version: its scores, unless others are given."""
        whole, told = self._chain.whole, self._own.metrics() if scores is None else scores
        return LearntModel(whole.to_bytes(), self.updates, self._held_out, self._newest, told)

    def to_bytes(self) -> bytes:
        """Return the state."""
        counts = np.array([self._seen, self.updates, self._held_out, self._newest, self._drifts], "<i8").tobytes()
        return pack(VERSION, counts, *(part.to_bytes() for part in self._parts()))

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version or of other settings.
        """
        counts, *found = unpack("course", VERSION, data)
        self._seen, self.updates, self._held_out, self._newest, self._drifts = np.frombuffer(counts, "<i8").tolist()
        for part, state in zip(self._parts(), found, strict=True):
            part.restore(state)

    def _parts(self) -> tuple[_Restorable, ...]:
        return self._chain.whole, self._guard, self._holdout, self._own, self._served

"""A learner that reacts to drift: it learns faster for a while, or starts over.

ADWIN watches the losses of predictions that were made before their rows were learnt. Only a rise of the mean loss is
drift; a fall is what learning is for. What was found takes effect where a multiple of 32 rows is done, so cutting the
stream into other batches changes no bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from state.drift.sequential.adwin import Adwin
from state.learning.packed import pack, unpack
from state.learning.row_cuts import row_cuts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learning.learns import LearnsAtRate
    from state.learning.statistics.losses import Loss

VERSION = 1
EVERY = 32
"""Rows between the points at which a drift that was found takes effect."""
_OVER = 1.01  # a rate raised by less is as it was

Reaction: TypeAlias = Literal["none", "raise_rate", "reset"]


@dataclass(frozen=True)
class ReactionSettings:
    """Settings of the reaction to drift.

    Attributes:
        reaction: ``none`` counts only; ``raise_rate`` learns faster for a while; ``reset`` forgets all that was learnt.
        delta: chance of a false change at one check of ADWIN, between 0 and 1.
        factor: raise_rate: factor of the rate at the drift, over 1.
        half_life: raise_rate: rows in which half of the rise is gone, >= 1.

    Raises:
        ValueError: a setting is out of range.
    """

    reaction: Reaction = "none"
    delta: float = 0.002
    factor: float = 4.0
    half_life: int = 500

    def __post_init__(self) -> None:
        if self.reaction not in ("none", "raise_rate", "reset"):
            msg = f"drift: expected reaction none, raise_rate or reset, got {self.reaction!r}; none only counts drifts"
            raise ValueError(msg)
        if not 1 < self.factor < np.inf or self.half_life < 1:
            msg = (
                f"drift: expected factor over 1 and half_life >= 1, got {self.factor} and {self.half_life}; the "
                "defaults are 4 and 500"
            )
            raise ValueError(msg)


class ReactingLearner:
    """A learner whose losses are watched.

    Source: Bifet, Gavaldà, Learning from time-changing data with adaptive windowing, SDM 2007 (the detector).

    Args:
        settings: how to detect and react.
        loss: loss of each row between 0 and 1, by predictions and targets, as `Losses.shift`.
        learner: a learner that has learnt nothing yet; a reset gives it this state again.

    Raises:
        ValueError: the rate of a learner without one is to be raised, or delta is out of range.
    """

    def __init__(self, settings: ReactionSettings, loss: Loss, learner: LearnsAtRate) -> None:
        if settings.reaction == "raise_rate":
            learner.scale_rate(1.0)  # refuses here, and not at the first drift, if there is no rate
        self._settings, self._loss, self._learner = settings, loss, learner
        self._fresh = learner.to_bytes()
        self._detector = Adwin(delta=settings.delta)
        self._rows = self._drifts = 0
        self._has_drifted, self._raised = False, 1.0

    @property
    def features(self) -> int:
        """Width of the rows."""
        return self._learner.features

    @property
    def drifts(self) -> int:
        """Drifts so far."""
        return self._drifts

    @property
    def rate_factor(self) -> float:
        """Factor by which the rate is raised now; 1: it is not."""
        return self._raised

    def learn_many(
        self, rows: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Predict each row from the rows before it, learn it, and watch its loss.

        Args:
            rows: features, (n, k).
            targets: targets, (n,).
            weights: weights of the rows, >= 0, (n,); rows of weight 0 are not watched.

        Returns:
            The predictions, (n,) or (n, classes).
        """
        found = []
        for part in row_cuts(self._rows, len(rows), EVERY):
            said = self._learner.learn_many(rows[part], targets[part], weights[part])
            self._watch(said, targets[part], weights[part])
            found.append(said)
        return np.concatenate(found) if found else self._learner.predict_many(rows)

    def _watch(
        self, predictions: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> None:
        finite = np.isfinite(predictions).reshape(len(targets), -1).all(axis=1)
        is_there = finite & np.isfinite(targets) & (weights > 0)
        changes = self._detector.update(self._loss(predictions[is_there], targets[is_there]))
        rises = sum(change.shift > 0 for change in changes)
        self._drifts += rises
        self._has_drifted |= rises > 0
        self._rows += len(targets)
        if self._rows % EVERY == 0:
            self._react()
            self._has_drifted = False

    def _react(self) -> None:
        if self._settings.reaction == "reset" and self._has_drifted:
            self._learner.restore(self._fresh)
        if self._settings.reaction == "raise_rate":
            faded = 1 + (self._raised - 1) * 0.5 ** (EVERY / self._settings.half_life)
            self._raise_to(self._settings.factor if self._has_drifted else faded)

    def _raise_to(self, factor: float) -> None:
        factor = factor if factor >= _OVER else 1.0
        if factor != self._raised:
            self._learner.scale_rate(factor / self._raised)
            self._raised = factor

    def predict_many(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict rows, (n, k), and learn nothing."""
        return self._learner.predict_many(rows)

    def is_finite(self) -> bool:
        """Return whether all parameters are finite."""
        return self._learner.is_finite()

    def scale_rate(self, factor: float) -> None:
        """Multiply the rate, for good.

        Raises:
            ValueError: the learner has no rate.
        """
        self._learner.scale_rate(factor)

    def to_bytes(self) -> bytes:
        """Return the state of learner and detector."""
        seen = self._detector.snapshot()
        counts = np.array([self._rows, self._drifts, self._has_drifted, seen["version"], seen["seen"]], "<i8")
        levels = np.array(seen["levels"], "<i4").tobytes()
        raised = np.array([self._raised], "<f8").tobytes()
        return pack(VERSION, counts.tobytes(), raised, levels, seen["buckets"], self._learner.to_bytes())

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version, or of another learner.
        """
        counts, raised, levels, buckets, learner = unpack("drift", VERSION, data)
        self._rows, self._drifts, has_drifted, version, seen = np.frombuffer(counts, "<i8").tolist()
        self._has_drifted, self._raised = bool(has_drifted), float(np.frombuffer(raised, "<f8")[0])
        sizes = np.frombuffer(levels, "<i4").tolist()
        self._detector.restore({"version": version, "seen": seen, "levels": sizes, "buckets": buckets})
        self._learner.restore(learner)

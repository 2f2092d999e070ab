"""A guard over a learner, which takes back what made it worse.

1. The guard keeps the state that it accepted last. At a check, learner and kept state predict the held-out rows.
2. A learner with a parameter or prediction that is not finite is rolled back to the kept state. So is one that is
   worse: with d the losses of the learner less those of the kept state, row by row, it is worse if
   mean(d) − z·se(d) > margin. The pairs share their rows, so what makes a row hard cancels out, and se(d) is far
   smaller than the noise of either loss. Else the learner's state is accepted, and kept from then on.
3. The held-out rows come from the same stream, so they distinguish a burst from drift. A burst of wrong
   labels is a small part of them, and the learner is rolled back to before it. After real drift they are of the new
   kind before long, and the learner is better on them than the kept state.
4. After `patience` roll-backs in a row for being worse, the older half of the held-out rows is forgotten, which the new
   kind may have left behind. With too few rows left, a finite learner is accepted unjudged. So nothing is held back
   for more than `patience`·(1 + log2(rows/min_rows)) checks, even if no held-out row comes any more.

A learner that becomes a little worse at each check, by less than the margin, is accepted: slow decline is for detectors
of drift.

Check after a fixed number of rows (`row_cuts`), so that cutting the stream into other batches changes no check.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learning.holdout import HoldoutRows
    from state.learning.learns import Learns
    from state.learning.statistics.losses import Loss

VERSION = 1

Verdict: TypeAlias = Literal["accepted", "unjudged", "worse", "not_finite"]
VERDICTS: tuple[Verdict, ...] = ("accepted", "unjudged", "worse", "not_finite")
"""Verdicts of a check; `worse` and `not_finite` roll back, `unjudged` accepts for want of held-out rows."""


@dataclass(frozen=True)
class GuardSettings:
    """Settings of a guard.

    Attributes:
        margin: mean loss by which a learner may be worse, >= 0, in units of the loss.
        z: standard errors by which it must be worse beyond the margin, >= 0; of learners that are equal, 3 rolls back
            one in 700.
        min_rows: fewest held-out rows to judge by, >= 2.
        patience: roll-backs in a row after which the older half of the held-out rows is forgotten, >= 1.

    Raises:
        ValueError: a setting is out of range.
    """

    margin: float = 0.01
    z: float = 3.0
    min_rows: int = 100
    patience: int = 5

    def __post_init__(self) -> None:
        if not self.margin >= 0 or not self.z >= 0 or self.min_rows < 2 or self.patience < 1:
            got = f"{self.margin}, {self.z}, {self.min_rows}, {self.patience}"
            msg = (
                f"guard: expected margin >= 0, z >= 0, min_rows >= 2 and patience >= 1, got {got}; the defaults are "
                "0.01, 3, 100 and 5"
            )
            raise ValueError(msg)


@dataclass(frozen=True)
class GuardCheck:
    """A check.

    Attributes:
        verdict: what was found.
        rows: held-out rows that were compared; 0: none was.
        difference: mean loss of the learner less that of the kept state; NaN without rows.
        noise: standard error of the difference; NaN without rows.
    """

    verdict: Verdict
    rows: int = 0
    difference: float = math.nan
    noise: float = math.nan

    @property
    def is_rolled_back(self) -> bool:
        """Whether the learner has the kept state again."""
        return self.verdict in ("worse", "not_finite")


class Guard:
    """A guard over one learner.

    Guard a learner with all that changes with it, its scaler and its reaction to drift: they are rolled back together.

    Args:
        settings: limits of an acceptable loss.
        loss: loss of each row, by predictions and targets.
        learner: the learner, whose present state is the first that is kept.
    """

    def __init__(self, settings: GuardSettings, loss: Loss, learner: Learns) -> None:
        self._settings, self._loss = settings, loss
        self._kept = learner.to_bytes()
        self._counts = dict.fromkeys(VERDICTS, 0)
        self._in_row = 0

    @property
    def counts(self) -> dict[Verdict, int]:
        """Checks so far by verdict."""
        return dict(self._counts)

    @property
    def rolled_back(self) -> int:
        """Roll-backs so far."""
        return self._counts["worse"] + self._counts["not_finite"]

    def check(self, learner: Learns, holdout: HoldoutRows) -> GuardCheck:
        """Accept the learner's state or roll it back; where the guard lost patience, forget old held-out rows.

        Args:
            learner: the learner that the guard was made for.
            holdout: the newest rows that it has not learnt, with raw features.
        """
        found = self._judged(learner, holdout)
        self._counts[found.verdict] += 1
        if found.verdict == "worse":
            self._in_row += 1
            if self._in_row == self._settings.patience:
                holdout.forget((len(holdout) + 1) // 2)
                self._in_row = 0
        elif found.verdict != "not_finite":
            self._in_row = 0
        return found

    def take_back(self, learner: Learns) -> None:
        """Roll the learner back without a look, as one that failed in the middle of an update."""
        learner.restore(self._kept)
        self._counts["not_finite"] += 1

    def _judged(self, learner: Learns, holdout: HoldoutRows) -> GuardCheck:
        """Leave the learner with the state that the verdict gives it."""
        if not learner.is_finite():
            learner.restore(self._kept)
            return GuardCheck("not_finite")
        candidate = learner.to_bytes()
        if len(holdout) < self._settings.min_rows:
            self._kept = candidate
            return GuardCheck("unjudged")
        rows, targets = holdout.rows, holdout.targets
        losses = self._losses(learner, rows, targets)
        learner.restore(self._kept)
        found = self._compared(losses, self._losses(learner, rows, targets))
        if not found.is_rolled_back:
            learner.restore(candidate)
            self._kept = candidate
        return found

    def _losses(self, learner: Learns, rows: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the loss of each row; NaN where a prediction is not finite."""
        predictions = learner.predict_many(rows)
        finite = np.isfinite(predictions).reshape(len(rows), -1).all(axis=1)
        losses = np.full(len(rows), np.nan)
        losses[finite] = self._loss(predictions[finite], targets[finite])
        return losses

    def _compared(self, losses: NDArray[np.float64], kept: NDArray[np.float64]) -> GuardCheck:
        if (np.isnan(losses) & ~np.isnan(kept)).any():
            return GuardCheck("not_finite")
        # At a row that the kept state fails at it is no better, whatever the learner says.
        differences = np.where(np.isnan(kept), 0.0, losses - kept)
        size = len(differences)
        difference = float(differences.mean())
        noise = float(differences.std(ddof=1)) / size**0.5
        is_worse = difference - self._settings.z * noise > self._settings.margin
        return GuardCheck("worse" if is_worse else "accepted", size, difference, noise)

    def to_bytes(self) -> bytes:
        """Return the state: that of the learner, and 40 bytes."""
        counts = np.array([self._in_row, *self._counts.values()], "<i8")
        return pack(VERSION, counts.tobytes(), self._kept)

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version.
        """
        counts, self._kept = unpack("guard", VERSION, data)
        self._in_row, *found = np.frombuffer(counts, "<i8").tolist()
        self._counts = dict(zip(VERDICTS, found, strict=True))

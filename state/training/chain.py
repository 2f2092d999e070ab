"""Chain that learns: a learner, after a scaler if it needs one, watched for drift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from state.learning.drift import ReactingLearner, ReactionSettings
from state.learning.scaled_learner import ScaledLearner
from state.learning.scaler import RunningScaler, ScalerSettings
from state.learning.statistics.losses import LOSSES, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learning.learns import LearnsAtRate


@dataclass(frozen=True)
class ChainSettings:
    """Settings of a chain.

    Attributes:
        make_learner: function that makes a new learner; it can be pickled.
        task: kind of prediction.
        classes: number of classes, whose outcomes are 0 to classes - 1; 0: outcomes are numbers.
        features: number of features of a row.
        scaler: how features are standardised; None: they are not.
        reaction: what happens when the loss drifts.
    """

    make_learner: Callable[[], Any]
    task: Task
    classes: int
    features: int
    scaler: ScalerSettings | None
    reaction: ReactionSettings

    def is_outcome(self, targets: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which targets are outcomes that can be learnt, (n,)."""
        if not self.classes:
            return np.isfinite(targets)
        is_class: NDArray[np.bool_] = (targets >= 0) & (targets < self.classes) & (targets == np.floor(targets))
        return is_class


@dataclass(frozen=True)
class Chain:
    """A learner with what stands before it and watches it.

    Attributes:
        learner: the learner itself, of standardised features.
        scaler: what standardises them; None: nothing does.
        whole: all of it, as one learner of features as they come.
    """

    learner: Any
    scaler: RunningScaler | None
    whole: ReactingLearner

    @classmethod
    def of(cls, settings: ChainSettings) -> Chain:
        """Return a chain that has learnt nothing."""
        learner: LearnsAtRate = settings.make_learner()
        scaler = None if settings.scaler is None else RunningScaler(settings.features, settings.scaler)
        scaled = learner if scaler is None else ScaledLearner(scaler, learner)
        return cls(learner, scaler, ReactingLearner(settings.reaction, LOSSES[settings.task].shift, scaled))

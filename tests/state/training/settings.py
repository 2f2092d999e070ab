"""Settings of courses to test with."""

from __future__ import annotations

from functools import partial
from typing import Any

from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings
from state.learning.drift import ReactionSettings
from state.learning.guard import GuardSettings
from state.learning.scaler import ScalerSettings
from state.learning.statistics.losses import Task
from state.training.chain import ChainSettings
from state.training.course import CourseSettings


def course(
    task: Task = "binary",
    *,
    features: int = 3,
    split: float = 0.0,
    fading: float = 0.999,
    scaler: ScalerSettings | None = ScalerSettings(),  # noqa: B008 - it is frozen
    **learner: Any,
) -> CourseSettings:
    """Return the settings of a course; what is not named is of its learner, an AdaGrad unless that says otherwise."""
    known = {"algorithm": "logistic", "optimizer": "adagrad"} | learner
    make = partial(make_learner, LearnerSettings(**known), features)
    classes = 0 if task == "numbers" else known.get("classes", 2)
    chain = ChainSettings(make, task, classes, features, scaler, ReactionSettings())
    return CourseSettings(chain, split, fading, GuardSettings(), every=64, holdout_rows=100)

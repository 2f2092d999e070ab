"""Settings of a job's learning, as the keyed step takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from conf.learning.learner import LearnerSettings
from conf.learning.learning_choice import JobLearning
from conf.settings import JobSettings
from state.learners.learner import Learner
from state.learners.make_learner import make_learner
from state.learners.schedules import SCHEDULES
from state.learners.settings import LearnerSettings as LearnerOptions
from state.learning.losses import Task
from state.learning.scaler import ScalerSettings
from state.training.course import CourseSettings
from state.training.one_model import OneModel
from state.training.shard import Student
from udfs.features.feature_set import compile_feature_set

if TYPE_CHECKING:
    from state.learners.settings import Algorithm

_TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "logistic": "binary",
        "linear": "number",
        "softmax": "classes",
        "passive_aggressive": "sign",
        "passive_aggressive_regression": "number",
        "naive_bayes": "classes",
    }
)


def student_of(job: JobSettings, learning: JobLearning) -> Callable[[], Student]:
    """Return a function that makes what learns the samples of a shard; it can be pickled."""
    return MakeStudent(course_of(job, learning))


def columns_of(job: JobSettings) -> tuple[str, ...]:
    """Return the features that a job's models take, in order."""
    return job.inference.feature_fields or compile_feature_set(job.features, job.events).columns


def course_of(job: JobSettings, learning: JobLearning) -> CourseSettings:
    """Return the settings of the course of each model."""
    width = len(columns_of(job))
    scaling = learning.scaling
    return CourseSettings(
        MakeLearner(learner_options(learning), width),
        _TASKS[learning.learner.algorithm],
        learning.split,
        learning.fading,
        ScalerSettings(clip=scaling.clip) if scaling.enabled else None,
        width,
    )


def learner_options(learning: JobLearning) -> LearnerOptions:
    """Return the options of a learner."""
    given = learning.learner
    schedule = SCHEDULES[given.schedule.type](**given.schedule.parameters)
    is_gradient = given.algorithm in ("logistic", "linear", "softmax")
    is_ftrl = is_gradient and given.optimizer == "ftrl"
    return LearnerOptions(
        cast("Algorithm", given.algorithm),
        given.optimizer if is_gradient else None,
        classes=given.classes,
        rate=learning.rate,
        schedule=schedule,
        l1=given.l1,
        l2=given.l2,
        clip=given.clip if is_gradient else 0.0,
        epsilon=given.epsilon,
        aggressiveness=given.aggressiveness,
        alpha=learning.rate if is_ftrl else LearnerOptions.alpha,
        class_weights=_class_weights(given),
    )


def _class_weights(given: LearnerSettings) -> tuple[float, ...]:
    if not given.class_weights:
        return ()
    return tuple(given.class_weights.get(number, 1.0) for number in range(given.classes))


@dataclass(frozen=True)
class MakeLearner:
    """A function that makes a learner.

    Attributes:
        options: of the learner.
        features: number of features of a row.
    """

    options: LearnerOptions
    features: int

    def __call__(self) -> Learner:
        """Return a new learner."""
        return make_learner(self.options, self.features)


@dataclass(frozen=True)
class MakeStudent:
    """A function that makes what learns the samples of a shard.

    Attributes:
        course: settings of each model's course.
    """

    course: CourseSettings

    def __call__(self) -> Student:
        """Return a new student."""
        return OneModel(self.course)

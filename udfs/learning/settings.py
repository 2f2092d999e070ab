"""Settings of a job's learning, as the keyed step takes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from conf.learning.learner import ADAPTED, LearnerSettings
from conf.learning.learning_choice import JobLearning
from conf.settings import JobSettings
from state.learners.make_learner import make_learner
from state.learners.schedules import SCHEDULES
from state.learners.settings import LearnerSettings as LearnerOptions
from state.learning.adapters.estimator_settings import EstimatorSettings
from state.learning.adapters.own_thread import OwnThread
from state.learning.adapters.river import RiverLearner
from state.learning.adapters.scikit_learn import ScikitLearner
from state.learning.adapters.sealed_pickle import LEAST_KEY, checked_key
from state.learning.drift import ReactionSettings
from state.learning.guard import GuardSettings
from state.learning.naive_bayes import GaussianNaiveBayes
from state.learning.scaler import ScalerSettings
from state.learning.statistics.losses import Task
from state.training.chain import ChainSettings
from state.training.course import CourseSettings
from state.training.gathered import Combine, newest
from state.training.keys.key_models import KeyModels
from state.training.keys.key_table import joined_tables
from state.training.one_model import OneModel
from state.training.shard import Student
from udfs.features.feature_set import compile_feature_set

if TYPE_CHECKING:
    from state.learners.settings import Algorithm

KEY_VARIABLE = "GRESS_STATE_KEY"

_TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "logistic": "binary",
        "linear": "numbers",
        "softmax": "classes",
        "passive_aggressive": "sign",
        "passive_aggressive_regression": "numbers",
    }
)


def student_of(job: JobSettings, learning: JobLearning, shards: int) -> Callable[[], Student]:
    """Return a function that makes what learns the samples of one of some shards; it can be pickled."""
    course = course_of(job, learning)
    if learning.key is None:
        return partial(OneModel, course)
    return partial(KeyModels, course, -(-learning.max_keys // shards))


def combine_of(learning: JobLearning) -> Combine:
    """Return the function that keeps what shards leave for versions."""
    return newest if learning.key is None else joined_tables


def columns_of(job: JobSettings) -> tuple[str, ...]:
    """Return the features that a job's models take, in order."""
    return job.inference.feature_fields or compile_feature_set(job.features, job.events).columns


def course_of(job: JobSettings, learning: JobLearning) -> CourseSettings:
    """Return the settings of the course of each model."""
    given, guard, drift = learning.learner, learning.guard, learning.drift
    width, scaling = len(columns_of(job)), learning.scaling
    has_scaler = scaling.enabled and given.algorithm != "naive_bayes"
    chain = ChainSettings(
        _make_learner(learning, width),
        _task(given),
        0 if given.is_regression else given.classes,
        width,
        ScalerSettings(clip=scaling.clip) if has_scaler else None,
        ReactionSettings(drift.action, drift.delta, drift.factor, drift.half_life),
    )
    return CourseSettings(chain, learning.split, learning.fading, GuardSettings(guard.margin), guard.every, guard.rows)


def _task(given: LearnerSettings) -> Task:
    if given.algorithm in ("naive_bayes", *ADAPTED):
        return "numbers" if given.is_regression else "binary" if given.classes == 2 else "classes"
    return _TASKS[given.algorithm]


def _make_learner(learning: JobLearning, width: int) -> Callable[[], Any]:
    """Return a function that makes a learner; it can be pickled."""
    given = learning.learner
    if given.algorithm == "naive_bayes":
        return partial(GaussianNaiveBayes, width, given.classes)
    if given.algorithm in ADAPTED:
        assert given.estimator is not None
        options = EstimatorSettings(given.estimator, given.parameters, given.classes)
        kind = ScikitLearner if given.algorithm == "scikit_learn" else RiverLearner
        return partial(OwnThread, partial(kind, options, width, state_key()))
    return partial(make_learner, learner_options(learning), width)


def state_key(environ: Mapping[str, str] = os.environ) -> bytes:
    """Return the key that seals the state of estimators of other libraries, from ``GRESS_STATE_KEY``.

    Raises:
        ValueError: there is none, or it is too short.
    """
    try:
        return checked_key(environ.get(KEY_VARIABLE, "").encode())
    except ValueError as error:
        msg = (
            f"{KEY_VARIABLE}: expected a secret text of {LEAST_KEY} characters or more, which seals the learner's "
            "state; make one with `openssl rand -hex 16`"
        )
        raise ValueError(msg) from error


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

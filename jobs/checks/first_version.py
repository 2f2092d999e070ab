"""First version of a model that its job learns: it has learnt nothing, and serves until the job publishes another."""

from __future__ import annotations

import datetime as dt

from conf.learning.learning_choice import JobLearning, learning_of
from conf.settings import JobSettings, MlSettings
from models.learned.publish import publish_learned
from models.registry import open_registry
from state.training.course import Course
from state.training.keys.key_models import parameters_of
from state.training.keys.key_table import KeyTable
from udfs.learning.learned import FeatureNames, learned_version
from udfs.learning.settings import course_of

_FIRST = "0.0.0"


def lacks_version(ml: MlSettings, job: JobSettings) -> bool:
    """Return whether a job is to score with the model that it learns, of which there is no version yet.

    Raises:
        ModelError: the registry cannot be read.
    """
    return _learning(ml, job) is not None and not open_registry(ml.model_registry).versions(job.inference.model_name)


def publish_first_version(ml: MlSettings, job: JobSettings) -> None:
    """Publish and promote a version that has learnt nothing, where the job lacks one.

    Raises:
        ModelError: the registry cannot be read or written.
    """
    learning = _learning(ml, job)
    if learning is None or not lacks_version(ml, job):
        return
    registry = open_registry(ml.model_registry)
    course = course_of(job, learning)
    nothing = Course(course).model().to_bytes()
    if learning.key is not None:
        nothing = KeyTable.of(nothing, {}, parameters_of(course.chain)).to_bytes()
    learned = learned_version(job, learning, course.chain, (nothing,), FeatureNames.of(job), None)
    now = dt.datetime.now(dt.timezone.utc)
    publication = publish_learned(registry, learning.model_name, _FIRST, learned, created_at=now)
    deployments = registry.deployments(learning.model_name)
    deployments.promote(publication.spec.version, by=f"job {job.name}", why="it has learnt nothing yet")


def _learning(ml: MlSettings, job: JobSettings) -> JobLearning | None:
    """Return the learning settings of a job that scores with the model that it learns."""
    learning = learning_of(ml, job)
    return learning if learning is not None and learning.is_served else None

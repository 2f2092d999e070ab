"""The state of a course as a version of a model."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from conf.learning.learning_choice import JobLearning
from conf.settings import JobSettings
from models.learned.learned_model import LearnedModel
from models.learned.learned_version import LearnedVersion
from models.learned.linear import LearnedLinear
from models.lineage import Lineage
from state.training.course import Course
from udfs.features.feature_set import compile_feature_set
from udfs.learning.settings import columns_of


@dataclass(frozen=True)
class FeatureNames:
    """Names of a model's columns, and of the set that they are of.

    Attributes:
        columns: in order.
        set_name: name of the feature set.
        set_hash: its hash.
        code_version: version of gress that computes them; "": it is not installed as a package.
    """

    columns: tuple[str, ...]
    set_name: str
    set_hash: str
    code_version: str

    @classmethod
    def of(cls, job: JobSettings) -> FeatureNames:
        """Return the names of a job's features."""
        features = compile_feature_set(job.features, job.events)
        try:
            version = metadata.version("gress-ml")
        except metadata.PackageNotFoundError:
            version = ""
        return cls(columns_of(job), features.name, features.hash, version)


def learned_version(
    job: str, learning: JobLearning, course: Course, features: FeatureNames, parent: str | None
) -> LearnedVersion:
    """Return the state of a course as a version.

    Args:
        job: name of the job.
        learning: its settings.
        course: a model that has learnt.
        features: names of the model's columns.
        parent: the version that it goes on from; None: it began with nothing.
    """
    given = learning.learner
    settings = {
        "optimizer": given.optimizer,
        "rate": learning.rate,
        "schedule": given.schedule.type,
        "l1": given.l1,
        "l2": given.l2,
        "clip": given.clip,
        "split": learning.split,
        "key": learning.key,
    }
    lineage = Lineage(
        job=job,
        learner=given.algorithm,
        settings=settings,
        updates=course.updates,
        counts={"held_out": course.held_out},
        newest=dt.datetime.fromtimestamp(max(course.newest, 0) / 1000, dt.timezone.utc),
        parent=parent,
        code_version=features.code_version,
    )
    model = learned_model(course, features.columns, classes_of(learning))
    return LearnedVersion(model, lineage, course.scores(), features.set_name, features.set_hash)


def learned_model(course: Course, columns: tuple[str, ...], classes: tuple[str, ...]) -> LearnedModel:
    """Return the arrays of a course's model.

    Args:
        course: the course.
        columns: names of the features, (k,).
        classes: names of the classes; none of a regression.
    """
    width = len(columns)
    found = course.learner.parameters()
    if course.scaler is None:
        return LearnedLinear(
            columns, found.weights, found.bias, found.link, np.zeros(width), np.ones(width), classes=classes
        )
    scaling = course.scaler.scaling()
    scale = np.divide(1.0, scaling.factors, out=np.zeros(width), where=scaling.factors > 0)
    return LearnedLinear(columns, found.weights, found.bias, found.link, scaling.means, scale, scaling.clip, classes)


def classes_of(learning: JobLearning) -> tuple[str, ...]:
    """Return the names of the classes, which are the numbers of their outcomes; none of a regression."""
    learner = learning.learner
    return () if learner.is_regression else tuple(map(str, range(learner.classes)))

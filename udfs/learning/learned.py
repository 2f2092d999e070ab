"""The state of a course as a version of a model."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from conf.learning.learning_choice import JobLearning
from conf.settings import JobSettings
from models.learned.bayes import LearnedBayes
from models.learned.learned_model import LearnedModel
from models.learned.learned_version import LearnedVersion
from models.learned.linear import LearnedLinear
from models.lineage import Lineage
from state.learning.bayes_parameters import BayesParameters
from state.training.chain import Chain, ChainSettings
from state.training.learnt_model import LearntModel
from udfs.features.feature_set import compile_feature_set
from udfs.learning.settings import columns_of

_LEAST_LOG = -700.0


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
    job: str,
    learning: JobLearning,
    chain: ChainSettings,
    learnt: LearntModel,
    features: FeatureNames,
    parent: str | None,
) -> LearnedVersion:
    """Return a learnt model as a version.

    Args:
        job: name of the job.
        learning: its settings.
        chain: settings of what learns.
        learnt: the model.
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
        updates=learnt.updates,
        counts={"held_out": learnt.held_out},
        newest=dt.datetime.fromtimestamp(max(learnt.newest_ms, 0) / 1000, dt.timezone.utc),
        parent=parent,
        code_version=features.code_version,
    )
    found = Chain.of(chain)
    found.whole.restore(learnt.state)
    model = learned_model(found, features.columns, classes_of(learning))
    return LearnedVersion(model, lineage, learnt.scores, features.set_name, features.set_hash)


def learned_model(chain: Chain, columns: tuple[str, ...], classes: tuple[str, ...]) -> LearnedModel:
    """Return the arrays of what a chain has learnt.

    Args:
        chain: the chain.
        columns: names of the features, (k,).
        classes: names of the classes; none of a regression.
    """
    found, width = chain.learner.parameters(), len(columns)
    if isinstance(found, BayesParameters):
        # A class that has not come yet has no chance to speak of.
        priors = np.maximum(found.log_priors, _LEAST_LOG)
        return LearnedBayes(columns, classes, found.means, found.variances, priors)
    if chain.scaler is None:
        nothing = np.zeros(width)
        return LearnedLinear(columns, found.weights, found.bias, found.link, nothing, np.ones(width), classes=classes)
    scaling = chain.scaler.scaling()
    scale = np.divide(1.0, scaling.factors, out=np.zeros(width), where=scaling.factors > 0)
    return LearnedLinear(columns, found.weights, found.bias, found.link, scaling.means, scale, scaling.clip, classes)


def classes_of(learning: JobLearning) -> tuple[str, ...]:
    """Return the names of the classes, which are the numbers of their outcomes; none of a regression."""
    learner = learning.learner
    return () if learner.is_regression else tuple(map(str, range(learner.classes)))

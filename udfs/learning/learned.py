"""The state of a course as a version of a model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

from conf.learning.learning_choice import JobLearning
from conf.settings import JobSettings
from models.learned.learned_version import LearnedVersion
from models.lineage import Lineage
from state.training.chain import ChainSettings
from state.training.learnt_model import summed
from udfs.features.feature_set import compile_feature_set
from udfs.learning.learned_models import learnt_of, model_of
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
    job: JobSettings,
    learning: JobLearning,
    chain: ChainSettings,
    versions: Sequence[bytes],
    features: FeatureNames,
    parent: str | None,
) -> LearnedVersion:
    """Return what shards have learnt as a version.

    Args:
        job: settings of the job.
        learning: of its learning.
        chain: of what learns.
        versions: what each shard that has learnt leaves, at least one.
        features: names of the model's columns.
        parent: the version that it continues from; None: it began with nothing.
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
        "shards": learning.shards,
    }
    shards = learnt_of(learning, versions)
    learnt = summed([shard.learnt for shard in shards])
    lineage = Lineage(
        job=job.name,
        learner=given.algorithm,
        settings=settings,
        updates=learnt.updates,
        counts={"held_out": learnt.held_out},
        newest=dt.datetime.fromtimestamp(max(learnt.newest_ms, 0) / 1000, dt.timezone.utc),
        parent=parent,
        code_version=features.code_version,
    )
    model = model_of(job, learning, chain, shards, features.columns)
    return LearnedVersion(model, lineage, learnt.scores, features.set_name, features.set_hash)

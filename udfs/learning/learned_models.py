"""Models that shards have learnt, as one to publish: that of the one shard, the mean of several, or a table of keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from conf.learning.learning_choice import JobLearning
from conf.settings import JobSettings
from models.learned.bayes import LearnedBayes
from models.learned.learned_model import LearnedModel
from models.learned.linear import LearnedLinear
from models.learned.shards.average import averaged
from models.learned.shards.table import LearnedTable
from state.learning.bayes_parameters import BayesParameters
from state.training.chain import Chain, ChainSettings
from state.training.keys.key_table import KeyTable
from state.training.learnt_model import LearntModel

_LEAST_LOG = -700.0


class LearntShard(NamedTuple):
    """A model that a shard has learnt.

    Attributes:
        learnt: its model.
        table: deviations of its keys; None: it has none.
    """

    learnt: LearntModel
    table: KeyTable | None


def learnt_of(learning: JobLearning, versions: Sequence[bytes]) -> list[LearntShard]:
    """Return what shards have learnt, from the bytes that they leave."""
    if learning.key is None:
        return [LearntShard(LearntModel.from_bytes(data), None) for data in versions]
    tables = [KeyTable.from_bytes(data) for data in versions]
    return [LearntShard(LearntModel.from_bytes(table.shared), table) for table in tables]


def model_of(
    job: JobSettings,
    learning: JobLearning,
    settings: ChainSettings,
    shards: Sequence[LearntShard],
    columns: tuple[str, ...],
) -> LearnedModel:
    """Return the arrays of what shards have learnt.

    Args:
        job: settings of the job.
        learning: of its learning.
        settings: of the chain that learns.
        shards: what each has learnt, at least one.
        columns: names of the features, (k,).
    """
    chains = []
    for shard in shards:
        chains.append(Chain.of(settings))
        chains[-1].whole.restore(shard.learnt.state)
    classes = classes_of(learning)
    models = [learned_model(chain, columns, classes) for chain in chains]
    whole = _whole(models, chains, [shard.learnt.updates for shard in shards], columns, classes)
    tables = [shard.table for shard in shards if shard.table is not None]
    if learning.key is None or not tables:
        return whole
    is_text = job.events.fields[learning.key].type == "string"
    return _table(learning.key, whole, models, tables, is_text=is_text)


def _whole(
    models: Sequence[LearnedModel],
    chains: Sequence[Chain],
    updates: Sequence[int],
    columns: tuple[str, ...],
    classes: tuple[str, ...],
) -> LearnedModel:
    """Return the models of shards as one."""
    if len(models) == 1:
        return models[0]
    first = chains[0]
    linear = [model for model in models if isinstance(model, LearnedLinear)]
    if not linear:
        # Naive Bayes is sums over rows, which add up to those of all rows.
        for chain in chains[1:]:
            first.learner.merge(chain.learner)
        return learned_model(first, columns, classes)
    if first.scaler is not None:
        for chain in chains[1:]:
            assert chain.scaler is not None
            first.scaler.merge(chain.scaler)
    scaled = learned_model(first, columns, classes)
    assert isinstance(scaled, LearnedLinear)
    return averaged(linear, updates, scaled.mean, scaled.scale)


def _table(
    key: str, whole: LearnedModel, models: Sequence[LearnedModel], tables: Sequence[KeyTable], *, is_text: bool
) -> LearnedTable:
    shared = tuple(model for model in models if isinstance(model, LearnedLinear))
    assert isinstance(whole, LearnedLinear)
    sizes = [len(table.names) for table in tables]
    shape = sum(sizes), whole.weights.shape[1], len(whole.features) + 1
    return LearnedTable(
        key,
        is_text,
        whole,
        shared,
        tuple(name.decode() for table in tables for name in table.names),
        np.repeat(np.arange(len(tables)), sizes),
        np.concatenate([table.deviations for table in tables]).reshape(shape),
    )


def learned_model(chain: Chain, columns: tuple[str, ...], classes: tuple[str, ...]) -> LearnedModel:
    """Return the arrays of a chain's learnt model.

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

"""Models of several shards as one to publish."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB

from conf.learning.learning_choice import JobLearning
from conf.settings import JobSettings
from models.learned.bayes import LearnedBayes
from models.learned.learned_version import LearnedVersion
from models.learned.linear import LearnedLinear
from models.learned.shards.table import LearnedTable
from state.training.gathered import GatheredSlots
from state.training.samples import Samples
from state.training.shard import EndedSlot
from tests.state.training.made import DictStore
from tests.udfs.learning.learning_jobs import rows_of, settings
from udfs.learning.learned import FeatureNames, learned_version
from udfs.learning.settings import combine_of, course_of, student_of
from udfs.learning.shards import by_shard


def version(job: JobSettings, learning: JobLearning, rows: Samples, shards: int) -> LearnedVersion:
    """The version of rows that are dealt out over shards, which send what they know twice."""
    slots = GatheredSlots(DictStore(), combine_of(learning))
    students = {label: student_of(job, learning, shards)() for label in range(shards)}
    half = len(rows) // 2
    for end, part in ((100, rows.take(slice(0, half))), (200, rows.take(slice(half, None)))):
        for label, data in by_shard(part, range(shards)):
            students[label].learn(DictStore(), Samples.from_bytes(data))
            slots.add(label, EndedSlot(end, students[label].report(), students[label].version()).to_bytes())
        found = slots.at(end)
    assert found is not None
    names = FeatureNames(("a", "b", "c"), "set", "hash", "1")
    return learned_version(job, learning, course_of(job, learning).chain, found.versions, names, None)


def test_version_of_shards_is_the_mean_of_their_models() -> None:
    job, learning = settings(shards=4)
    rows = rows_of()
    found = version(job, learning, rows, 4)
    single = [version(job, learning, Samples.from_bytes(data), 1) for _, data in by_shard(rows, range(4))]
    updates = [each.lineage.updates for each in single]
    models = [each.model for each in single if isinstance(each.model, LearnedLinear)]
    assert isinstance(found.model, LearnedLinear)
    expected = np.average([model.raw_weights for model in models], axis=0, weights=updates)
    np.testing.assert_allclose(found.model.raw_weights, expected, rtol=1e-9)
    expected = np.average([model.raw_bias for model in models], axis=0, weights=updates)
    np.testing.assert_allclose(found.model.raw_bias, expected, rtol=1e-9)
    assert found.lineage.updates == sum(updates)
    assert found.lineage.settings["shards"] == 4


def test_four_shards_rank_nearly_as_well_as_one() -> None:
    rows, areas = rows_of(), {}
    for shards in (1, 4):
        job, learning = settings(shards=shards)
        model = version(job, learning, rows, shards).model
        assert isinstance(model, LearnedLinear)
        areas[shards] = roc_auc_score(rows.targets, model.predict(rows.features))
    assert areas[1] > 0.7
    assert areas[4] > areas[1] - 0.01


def test_naive_bayes_of_shards_is_that_of_all_rows() -> None:
    job, learning = settings(shards=4, learner="{algorithm: naive_bayes}", validation_split=0)
    rows = rows_of()
    found = version(job, learning, rows, 4).model
    oracle = GaussianNB().fit(rows.features.astype(float), rows.targets)
    assert isinstance(found, LearnedBayes)
    np.testing.assert_allclose(found.means, oracle.theta_, rtol=1e-9)
    np.testing.assert_allclose(found.variances, oracle.var_, rtol=1e-6)
    np.testing.assert_allclose(np.exp(found.log_priors), oracle.class_prior_, rtol=1e-9)


@pytest.mark.parametrize("scaling", ["true", "false"])
def test_table_has_the_keys_of_all_shards_and_slots(scaling: str) -> None:
    job, learning = settings(key="CUSTOMER_ID", scaling=f"{{enabled: {scaling}}}", validation_split=0)
    rows = rows_of(1_000, keys=40)
    assert rows.names is not None
    # All rows of a key are in one shard.
    dealt = replace(rows, keys=rows.names.astype(np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    found = version(job, learning, dealt, 4)
    model = found.model
    assert isinstance(model, LearnedTable)
    assert sorted(model.keys, key=int) == list(map(str, range(40)))
    assert (model.key, model.is_text, len(model.shared)) == ("CUSTOMER_ID", False, 4)
    assert found.lineage.updates == 1_000
    by_label = dict(by_shard(dealt, range(4)))
    for label, data in by_label.items():
        part = Samples.from_bytes(data)
        alone = version(job, learning, part, 1).model
        assert isinstance(alone, LearnedTable)
        assert part.names is not None
        keys = [name.decode() for name in part.names.tolist()]
        np.testing.assert_allclose(model.predict(part.features, keys), alone.predict(part.features, keys), rtol=1e-9)
        np.testing.assert_array_equal(model.shared[sorted(by_label).index(label)].weights, alone.other.weights)
